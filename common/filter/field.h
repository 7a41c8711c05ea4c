// The fields that a list's filter may compare.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace windrow::filter {

// A name that stands for a number: of an enum, or true and false.
struct Word {
  std::string_view name;
  std::int64_t number = 0;
};

enum class Type : std::uint8_t {
  kText,    // = and !=
  kId,      // = and != with a UUID
  kWord,    // = and != with one of `words`
  kNumber,  // whole ones from 0 to `most`, in order
  kTime,    // RFC 3339, in order
};

struct Field {
  std::string_view name;
  Type type = Type::kText;
  int id = 0;              // the list's own number for it
  bool several = false;    // a record may have several values: each comparison is of any
  bool keyed = false;      // a map of texts: labels.env
  bool wildcards = false;  // "text*", "*text" and "*text*" are offered
  bool may_be_empty = false;         // "" is a value that a record may have
  std::span<const Word> words = {};  // kWord
  std::string_view prefix = {};      // that words may have as well: "DELIVERY_STATE_"
  std::int64_t most = 0;             // kNumber
};

// Static tables: what refers to a field points into one.
using Fields = std::span<const Field>;

}  // namespace windrow::filter
