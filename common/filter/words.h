// The letters of the filter language, as Parse reads them and ToText writes them.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/filter/expression.h"

namespace windrow::filter {

// "=", "!=", "<", …
std::string_view SpellingOf(Comparator comparator);

// How many bytes at the start of `text` are a part of a field's path, or a value, that
// needs no quotes. Bytes above 0x7f count: the filter is UTF-8.
std::size_t NameLength(std::string_view text);
std::size_t WordLength(std::string_view text);

// AND, OR and NOT, in capitals.
bool IsKeyword(std::string_view word);

// `text` needs no quotes as a part of a path.
bool IsName(std::string_view text);
// `text` needs no quotes as a value.
bool IsWord(std::string_view text);

}  // namespace windrow::filter
