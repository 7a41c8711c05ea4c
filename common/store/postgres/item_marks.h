// What a window says of its items' types and objects in the eight bytes of its own row
// (windows.item_marks): a Bloom filter, so that a list need not look up the events of
// windows that cannot be wanted (docs/adr/0017). Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace windrow::store::postgres {

// Four of 32 bits for a type, in the low half, and as many for an object, in the high
// one. A window has all of its items': where one of these is missing, no item of it is of
// that type or object. One in 4,000 others has them by chance, where a window has one
// item. Windows outlive the program that wrote them: what a text is marked by never
// changes.
std::uint64_t TypeMarks(std::string_view type);
std::uint64_t ObjectMarks(std::string_view object_id);

// Of a window of which nothing is known: it may have any item.
inline constexpr std::uint64_t kAnyMarks = ~std::uint64_t{0};

}  // namespace windrow::store::postgres
