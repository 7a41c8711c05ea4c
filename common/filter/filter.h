// A filter that fits its list: every field is one of the list's, and is compared with a
// value of its type. What storage compiles to SQL, and what decides in memory.
//
// Two-valued: a comparison is true where one of the record's values satisfies it, so a
// field without a value satisfies none. NOT turns that round, and `!=` is NOT and `=`.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/uuid.h"
#include "common/filter/expression.h"
#include "common/filter/field.h"

namespace windrow::filter {

// Any value at all: `finish_time:*`.
struct Present {
  bool operator==(const Present&) const = default;
};

// The text itself, or one that ends with it, begins with it, or contains it.
struct TextPattern {
  std::string text;
  bool any_before = false;
  bool any_after = false;

  bool exact() const { return !any_before && !any_after; }
  bool operator==(const TextPattern&) const = default;
};

// From inclusive, until exclusive. Words are numbers; none is negative.
struct NumberRange {
  std::int64_t from = 0;
  std::int64_t until = INT64_MAX;  // open

  bool operator==(const NumberRange&) const = default;
};

// Likewise, in whole microseconds; open ends are the infinite past and future.
struct TimeRange {
  absl::Time from = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();

  bool operator==(const TimeRange&) const = default;
};

struct Test {
  const Field* field = nullptr;
  std::string key;  // of a keyed field; empty: any key
  std::variant<Present, TextPattern, Uuid, NumberRange, TimeRange> wanted;

  bool operator==(const Test&) const = default;
};

// kAll without operands is true of everything.
struct Filter {
  enum class Kind : std::uint8_t { kAll, kAny, kNot, kTest };

  Kind kind = Kind::kAll;
  std::vector<Filter> operands;  // kNot: one; kAny: at least two
  Test test;                     // kTest

  bool is_everything() const { return kind == Kind::kAll && operands.empty(); }
  bool operator==(const Filter&) const = default;
};

// INVALID_ARGUMENT (fault.h) for a field that is none of `fields`, a comparator that the
// field does not have, or a value of another type.
absl::StatusOr<Filter> Check(const Expression& expression, Fields fields);

// Parse and Check. An empty text is the filter of everything.
absl::StatusOr<Filter> Compile(std::string_view text, Fields fields);

using Value = std::variant<std::string, Uuid, std::int64_t, absl::Time>;
// The values that a record has in the test's field, and under its key.
using ValuesOf = std::function<std::vector<Value>(const Test& test)>;

// The meaning of a filter, which every storage keeps.
bool Matches(const Filter& filter, const ValuesOf& values_of);

bool Matches(const TextPattern& pattern, std::string_view text);

}  // namespace windrow::filter
