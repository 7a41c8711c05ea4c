#include "services/control_plane/list_filter.h"

#include <absl/time/time.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/base/status.h"
#include "common/base/utf8.h"
#include "services/control_plane/proto_time.h"

namespace windrow::control_plane {
namespace {

absl::Status Fault(std::size_t at, std::string_view rule) {
  Violations violations;
  violations.Add("filter", fmt::format("at position {}: {}", at + 1, rule));
  return violations.ToStatus();
}

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '_' || c == '.' || c == '-' || c == ':' || c == '+';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Comparison>> Run() {
    std::vector<Comparison> list;
    SkipSpace();
    while (at_ < text_.size()) {
      if (!list.empty()) WINDROW_RETURN_IF_ERROR(TakeAnd());
      WINDROW_ASSIGN_OR_RETURN(Comparison comparison, TakeComparison());
      list.push_back(std::move(comparison));
      SkipSpace();
    }
    return list;
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                  text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  std::string_view TakeWord() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && IsWordByte(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  absl::Status TakeAnd() {
    const std::size_t begin = at_;
    if (TakeWord() == "AND") {
      SkipSpace();
      return absl::OkStatus();
    }
    return Fault(begin,
                 "AND is wanted between two comparisons; OR, NOT and parentheses "
                 "are not offered");
  }

  absl::StatusOr<Comparison> TakeComparison() {
    Comparison comparison;
    comparison.field_at = at_;
    comparison.field = std::string(TakeWord());
    if (comparison.field.empty()) return Fault(at_, "a field name is wanted");
    SkipSpace();
    comparison.op_at = at_;
    WINDROW_ASSIGN_OR_RETURN(comparison.op, TakeOp());
    SkipSpace();
    comparison.value_at = at_;
    WINDROW_RETURN_IF_ERROR(TakeValue(&comparison));
    return comparison;
  }

  absl::StatusOr<FilterOp> TakeOp() {
    struct Spelling {
      std::string_view text;
      FilterOp op;
    };
    // Longer spellings first.
    static constexpr Spelling kSpellings[] = {{"!=", FilterOp::kNotEqual},
                                              {"<=", FilterOp::kLessOrEqual},
                                              {">=", FilterOp::kGreaterOrEqual},
                                              {"=", FilterOp::kEqual},
                                              {"<", FilterOp::kLess},
                                              {">", FilterOp::kGreater}};
    for (const Spelling& spelling : kSpellings) {
      if (!text_.substr(at_).starts_with(spelling.text)) continue;
      at_ += spelling.text.size();
      return spelling.op;
    }
    return Fault(at_, "=, <, <=, > or >= is wanted after a field name");
  }

  absl::Status TakeValue(Comparison* comparison) {
    if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      comparison->quoted = true;
      return TakeQuoted(&comparison->value);
    }
    comparison->value = std::string(TakeWord());
    if (comparison->value.empty()) {
      return Fault(at_, "a value is wanted: a word, or a text in quotes");
    }
    return absl::OkStatus();
  }

  // A backslash takes the next character as it is.
  absl::Status TakeQuoted(std::string* value) {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && ++at_ == text_.size()) break;
      *value += text_[at_];
    }
    if (at_ >= text_.size()) return Fault(begin, "this quote is not closed");
    ++at_;
    return absl::OkStatus();
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

absl::Status CheckEqual(const Comparison& comparison) {
  if (comparison.op == FilterOp::kEqual) return absl::OkStatus();
  return Fault(comparison.op_at,
               fmt::format("{} is compared with = only", comparison.field));
}

// "" is how a query says "any": nothing that is stored equals it.
absl::Status PutText(const Comparison& comparison, std::string* text) {
  WINDROW_RETURN_IF_ERROR(CheckEqual(comparison));
  if (!text->empty()) {
    return Fault(comparison.field_at,
                 fmt::format("{} is compared twice", comparison.field));
  }
  if (comparison.value.empty()) {
    return Fault(comparison.value_at,
                 fmt::format("{} is never empty: leave the comparison out for any",
                             comparison.field));
  }
  if (comparison.value.find('\0') != std::string::npos) {
    return Fault(comparison.value_at, "U+0000 cannot be searched for");
  }
  *text = comparison.value;
  return absl::OkStatus();
}

absl::Status PutTime(const Comparison& comparison, std::optional<absl::Time>* from,
                     std::optional<absl::Time>* until) {
  absl::Time time;
  std::string error;
  // Abseil reads years of any size, and words for the infinite.
  if (!absl::ParseTime(absl::RFC3339_full, comparison.value, &time, &error) ||
      time < absl::FromUnixSeconds(kFirstSecond) ||
      time > absl::FromUnixSeconds(kLastSecond)) {
    return Fault(comparison.value_at,
                 "a time is wanted, such as \"2026-11-25T10:00:00Z\" (RFC 3339)");
  }
  // Times are stored in whole microseconds: these are the first one that is not before
  // `time`, and the first one behind it.
  const absl::Time whole = absl::FromUnixMicros(absl::ToUnixMicros(time));
  const absl::Time behind = whole + absl::Microseconds(1);
  const absl::Time at_least = whole == time ? time : behind;
  const auto narrow_from = [&](absl::Time at) {
    *from = std::max(from->value_or(at), at);
  };
  const auto narrow_until = [&](absl::Time at) {
    *until = std::min(until->value_or(at), at);
  };
  switch (comparison.op) {
    case FilterOp::kEqual:
      narrow_from(at_least);
      narrow_until(behind);
      return absl::OkStatus();
    case FilterOp::kLess:
      narrow_until(at_least);
      return absl::OkStatus();
    case FilterOp::kLessOrEqual:
      narrow_until(behind);
      return absl::OkStatus();
    case FilterOp::kGreater:
      narrow_from(behind);
      return absl::OkStatus();
    case FilterOp::kGreaterOrEqual:
      narrow_from(at_least);
      return absl::OkStatus();
    case FilterOp::kNotEqual:
      break;
  }
  return Fault(comparison.op_at, "a time is compared with =, <, <=, > or >=");
}

absl::Status UnknownField(const Comparison& comparison, std::string_view known) {
  return Fault(comparison.field_at,
               fmt::format("no field \"{}\": there are {}", comparison.field, known));
}

}  // namespace

absl::StatusOr<std::vector<Comparison>> ParseFilter(std::string_view filter) {
  if (filter.size() > kMaxFilterBytes) {
    return Fault(kMaxFilterBytes,
                 fmt::format("a filter has at most {} bytes", kMaxFilterBytes));
  }
  for (std::size_t at = 0; at < filter.size();) {
    const std::size_t size = Utf8SequenceLength(filter.substr(at));
    if (size == 0) return Fault(at, "the filter is not UTF-8");
    at += size;
  }
  return Parser(filter).Run();
}

absl::Status ApplyFilter(std::string_view filter, store::EventQuery* query) {
  WINDROW_ASSIGN_OR_RETURN(const std::vector<Comparison> list, ParseFilter(filter));
  for (const Comparison& comparison : list) {
    absl::Status status;
    if (comparison.field == "type") {
      status = PutText(comparison, &query->type);
    } else if (comparison.field == "object_id") {
      status = PutText(comparison, &query->object_id);
    } else if (comparison.field == "receive_time") {
      status = PutTime(comparison, &query->received_from, &query->received_until);
    } else {
      status = UnknownField(comparison, "type, object_id and receive_time");
    }
    WINDROW_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

}  // namespace windrow::control_plane
