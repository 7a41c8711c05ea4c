#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "common/base/status.h"
#include "common/filter/fault.h"
#include "common/filter/filter.h"
#include "common/filter/parser.h"

namespace windrow::filter {
namespace {

using Kind = Filter::Kind;

// Times that the API can say, since 1970: years 1 to 9999.
constexpr std::int64_t kFirstSecond = -62'135'596'800;
constexpr std::int64_t kLastSecond = 253'402'300'799;

// "a, b and c"
template <typename List>
std::string NamesOf(const List& list) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) text += i + 1 == list.size() ? " and " : ", ";
    text += list[i].name;
  }
  return text;
}

bool IsEquality(Comparator comparator) {
  return comparator == Comparator::kEqual || comparator == Comparator::kNotEqual;
}

absl::StatusOr<const Field*> FindField(const Comparison& comparison, Fields fields) {
  const std::string& name = comparison.path.front();
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.name == name; });
  if (found == fields.end()) {
    return FaultAt(comparison.at,
                   fmt::format("no field \"{}\": there are {}", name, NamesOf(fields)));
  }
  const std::size_t most = found->keyed ? 2 : 1;
  if (comparison.path.size() > most) {
    return FaultAt(comparison.at,
                   found->keyed
                       ? fmt::format("{0} has one key: one with a point stands in "
                                     "quotes, {0}.\"a.b\"",
                                     name)
                       : fmt::format("{} has no parts", name));
  }
  return &*found;
}

// ---- Comparators

absl::Status CheckMapComparator(const Field& field, const Comparison& comparison) {
  const bool whole = comparison.path.size() == 1;
  if (whole && comparison.comparator != Comparator::kHas) {
    return FaultAt(
        comparison.comparator_at,
        fmt::format("{0}:key asks for a key, {0}.key = value for a value", field.name));
  }
  const Literal& value = comparison.value;
  if (whole && value.quoted && (value.any_before || value.any_after)) {
    return FaultAt(value.at, "a key has no wildcards: \\* is an asterisk");
  }
  // `labels:env:prod` would ask for a key of that name.
  if (whole && !value.quoted && value.text.find(':') != std::string::npos) {
    return FaultAt(value.at, fmt::format("{}.key:value asks for a value; a key with a "
                                         "colon stands in quotes",
                                         field.name));
  }
  return absl::OkStatus();
}

absl::Status CheckComparator(const Field& field, const Comparison& comparison) {
  const Comparator comparator = comparison.comparator;
  if (comparison.value.is_star() && comparator != Comparator::kHas) {
    return FaultAt(
        comparison.value.at,
        fmt::format("{0}:* asks whether there is a value; \"*\" in quotes is a "
                    "wildcard",
                    field.name));
  }
  if (field.keyed) WINDROW_RETURN_IF_ERROR(CheckMapComparator(field, comparison));
  if (comparator == Comparator::kHas) {
    if (field.several || field.keyed || comparison.value.is_star()) {
      return absl::OkStatus();
    }
    return FaultAt(comparison.comparator_at,
                   fmt::format("{0} is one value: {0} = compares it, {0}:* asks whether "
                               "there is one",
                               field.name));
  }
  const bool ordered = field.type == Type::kNumber || field.type == Type::kTime;
  if (ordered || IsEquality(comparator)) return absl::OkStatus();
  return FaultAt(comparison.comparator_at,
                 fmt::format("{} is compared with = and != only", field.name));
}

// ---- Values

absl::StatusOr<TextPattern> TextOf(const Field& field, const Literal& value) {
  const bool wild = value.any_before || value.any_after;
  if (wild && !field.wildcards) {
    return FaultAt(value.at, fmt::format("{} is compared as a whole: \\* is an asterisk",
                                         field.name));
  }
  if (!wild && value.text.empty() && !field.may_be_empty) {
    return FaultAt(
        value.at,
        fmt::format("{0} is never empty: {0}:* asks whether there is one", field.name));
  }
  return TextPattern{value.text, value.any_before, value.any_after};
}

absl::StatusOr<Uuid> IdOf(const Field& field, const Literal& value) {
  const std::optional<Uuid> id = Uuid::Parse(value.text);
  if (id) return *id;
  return FaultAt(value.at, fmt::format("{} is a UUID of 36 characters", field.name));
}

absl::StatusOr<std::int64_t> WordOf(const Field& field, const Literal& value) {
  std::string_view text = value.text;
  if (!field.prefix.empty() && text.starts_with(field.prefix)) {
    text.remove_prefix(field.prefix.size());
  }
  for (const Word& word : field.words) {
    if (word.name == text) return word.number;
  }
  return FaultAt(value.at,
                 fmt::format("{} is one of {}", field.name, NamesOf(field.words)));
}

absl::StatusOr<std::int64_t> NumberOf(const Field& field, const Literal& value) {
  std::int64_t number = -1;
  const char* end = value.text.data() + value.text.size();
  const auto [stop, error] = std::from_chars(value.text.data(), end, number);
  if (error == std::errc() && stop == end && number >= 0 && number <= field.most) {
    return number;
  }
  return FaultAt(
      value.at, fmt::format("{} is a whole number from 0 to {}", field.name, field.most));
}

absl::StatusOr<absl::Time> TimeOf(const Field& field, const Literal& value) {
  absl::Time time;
  std::string error;
  // Abseil reads years of any size, and words for the infinite.
  if (absl::ParseTime(absl::RFC3339_full, value.text, &time, &error) &&
      time >= absl::FromUnixSeconds(kFirstSecond) &&
      time <= absl::FromUnixSeconds(kLastSecond)) {
    return time;
  }
  return FaultAt(value.at, fmt::format("{} is a time, such as \"2026-11-25T10:00:00Z\" "
                                       "(RFC 3339)",
                                       field.name));
}

// ---- Ranges

NumberRange RangeOf(Comparator comparator, std::int64_t number) {
  switch (comparator) {
    case Comparator::kLess:
      return {.until = number};
    case Comparator::kLessOrEqual:
      return {.until = number + 1};
    case Comparator::kGreater:
      return {.from = number + 1};
    case Comparator::kGreaterOrEqual:
      return {.from = number};
    default:
      return {.from = number, .until = number + 1};
  }
}

// Times are stored in whole microseconds: `at_least` is the first one that is not before
// `time`, and `behind` the first one after it.
TimeRange RangeOf(Comparator comparator, absl::Time time) {
  const absl::Time whole = absl::FromUnixMicros(absl::ToUnixMicros(time));
  const absl::Time behind = whole + absl::Microseconds(1);
  const absl::Time at_least = whole == time ? time : behind;
  switch (comparator) {
    case Comparator::kLess:
      return {.until = at_least};
    case Comparator::kLessOrEqual:
      return {.until = behind};
    case Comparator::kGreater:
      return {.from = behind};
    case Comparator::kGreaterOrEqual:
      return {.from = at_least};
    default:
      return {.from = at_least, .until = behind};
  }
}

absl::Status PutWanted(const Field& field, const Comparison& comparison, Test* test) {
  const Literal& value = comparison.value;
  if (value.is_star()) return absl::OkStatus();  // Present
  if (value.quoted && field.type != Type::kText &&
      (value.any_before || value.any_after)) {
    return FaultAt(value.at, fmt::format("{} has no wildcards", field.name));
  }
  switch (field.type) {
    case Type::kText: {
      WINDROW_ASSIGN_OR_RETURN(test->wanted, TextOf(field, value));
      break;
    }
    case Type::kId: {
      WINDROW_ASSIGN_OR_RETURN(test->wanted, IdOf(field, value));
      break;
    }
    case Type::kWord: {
      WINDROW_ASSIGN_OR_RETURN(const std::int64_t number, WordOf(field, value));
      test->wanted = RangeOf(Comparator::kEqual, number);
      break;
    }
    case Type::kNumber: {
      WINDROW_ASSIGN_OR_RETURN(const std::int64_t number, NumberOf(field, value));
      test->wanted = RangeOf(comparison.comparator, number);
      break;
    }
    case Type::kTime: {
      WINDROW_ASSIGN_OR_RETURN(const absl::Time time, TimeOf(field, value));
      test->wanted = RangeOf(comparison.comparator, time);
      break;
    }
  }
  return absl::OkStatus();
}

Filter Negated(Filter filter) {
  Filter negation{.kind = Kind::kNot};
  negation.operands.push_back(std::move(filter));
  return negation;
}

absl::StatusOr<Filter> CheckComparison(const Comparison& comparison, Fields fields) {
  WINDROW_ASSIGN_OR_RETURN(const Field* field, FindField(comparison, fields));
  WINDROW_RETURN_IF_ERROR(CheckComparator(*field, comparison));
  Filter filter{.kind = Kind::kTest, .test = {.field = field}};
  if (field->keyed && comparison.path.size() == 1) {
    filter.test.key = comparison.value.text;  // labels:env; labels:* has an empty one
    if (filter.test.key.empty() && !comparison.value.is_star()) {
      return FaultAt(comparison.value.at, "a key is never empty");
    }
    return filter;
  }
  if (field->keyed) filter.test.key = comparison.path.back();
  if (field->keyed && filter.test.key.empty()) {
    return FaultAt(comparison.at, "a key is never empty");
  }
  WINDROW_RETURN_IF_ERROR(PutWanted(*field, comparison, &filter.test));
  if (comparison.comparator != Comparator::kNotEqual) return filter;
  return Negated(std::move(filter));
}

}  // namespace

absl::StatusOr<Filter> Check(const Expression& expression, Fields fields) {
  if (expression.kind == Expression::Kind::kComparison) {
    return CheckComparison(expression.comparison, fields);
  }
  Filter filter;
  switch (expression.kind) {
    case Expression::Kind::kAny:
      filter.kind = Kind::kAny;
      break;
    case Expression::Kind::kNot:
      filter.kind = Kind::kNot;
      break;
    default:
      break;
  }
  for (const Expression& operand : expression.operands) {
    WINDROW_ASSIGN_OR_RETURN(Filter checked, Check(operand, fields));
    filter.operands.push_back(std::move(checked));
  }
  return filter;
}

absl::StatusOr<Filter> Compile(std::string_view text, Fields fields) {
  WINDROW_ASSIGN_OR_RETURN(const Expression expression, Parse(text));
  return Check(expression, fields);
}

}  // namespace windrow::filter
