// Errors as values: what every fallible call of Windrow returns.
//
// absl::Status carries the code and the message. Two payloads travel with it to the
// edge, where they become google.rpc.ErrorInfo and google.rpc.BadRequest:
//   reason      a stable UPPER_SNAKE word that a program may branch on
//   violations  one entry per broken field rule
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace windrow {

// One broken rule. `field` is the path in the request ("webhook.url",
// "webhook.triggers[2].event_type"); `rule` says what is wanted and the way out.
struct Violation {
  std::string field;
  std::string rule;

  bool operator==(const Violation&) const = default;
};

// Collects violations so that one answer names them all.
class Violations {
 public:
  void Add(std::string field, std::string rule);
  bool empty() const { return list_.empty(); }
  const std::vector<Violation>& list() const { return list_; }
  // OK when empty, else INVALID_ARGUMENT with every violation in its payload and, for
  // readers of plain text, in its message.
  absl::Status ToStatus() const;

 private:
  std::vector<Violation> list_;
};

absl::Status WithReason(absl::Status status, std::string_view reason);
// The reason attached by WithReason, or "" where there is none.
std::string ReasonOf(const absl::Status& status);
// The violations attached by Violations::ToStatus, or none.
std::vector<Violation> ViolationsOf(const absl::Status& status);

}  // namespace windrow

#define WINDROW_RETURN_IF_ERROR(expr)                                   \
  do {                                                                  \
    if (absl::Status windrow_status_ = (expr); !windrow_status_.ok()) { \
      return windrow_status_;                                           \
    }                                                                   \
  } while (false)

#define WINDROW_CONCAT_INNER_(a, b) a##b
#define WINDROW_CONCAT_(a, b) WINDROW_CONCAT_INNER_(a, b)
#define WINDROW_ASSIGN_OR_RETURN(lhs, expr) \
  WINDROW_ASSIGN_OR_RETURN_IMPL_(WINDROW_CONCAT_(windrow_or_, __LINE__), lhs, expr)
// A name, and what may be a declaration: neither may be in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define WINDROW_ASSIGN_OR_RETURN_IMPL_(var, lhs, expr) \
  auto var = (expr);                                   \
  if (!var.ok()) return std::move(var).status();       \
  lhs = *std::move(var)
// NOLINTEND(bugprone-macro-parentheses)
