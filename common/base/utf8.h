// UTF-8 by the byte, for the places that must say where it breaks.
#pragma once

#include <cstddef>
#include <string_view>

namespace windrow {

// The length, 1-4, of the well-formed UTF-8 sequence at the start of `text`; 0 where
// there is none: empty, cut short, overlong, a surrogate, or past U+10FFFF (Unicode,
// table 3-7).
std::size_t Utf8SequenceLength(std::string_view text);

}  // namespace windrow
