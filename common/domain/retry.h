// The retry decision for one finished attempt.
//
// Pure: the same outcome, policy, time and random number give the same verdict.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace windrow::domain {

struct RetryPolicy {
  // Waits before attempts 1, 2, …; never empty, at most 20. The first is 0 as a rule.
  std::vector<absl::Duration> delays = DefaultDelays();
  double jitter = 0.2;  // share of the delay, each way, 0–1
  absl::Duration retry_after_cap = absl::Hours(24);

  // 0 s, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
  static std::vector<absl::Duration> DefaultDelays();
  bool operator==(const RetryPolicy&) const = default;
};

// What the endpoint did, as far as the decision needs it.
struct AttemptOutcome {
  bool complete = false;                   // a complete response header arrived
  int status = 0;                          // with complete
  std::optional<std::string> retry_after;  // the header's value
};

enum class GiveUpReason : std::uint8_t { kAttemptsUsed, kGone };

// What becomes of the delivery: exactly one of the three.
struct Succeed {
  bool operator==(const Succeed&) const = default;
};
struct Retry {
  absl::Duration after;  // from `now`
  bool operator==(const Retry&) const = default;
};
struct GiveUp {
  GiveUpReason reason;
  bool operator==(const GiveUp&) const = default;
};
using Verdict = std::variant<Succeed, Retry, GiveUp>;

// `attempt` counts from 1. `random` is in [0, 1), injected so that tests choose it.
// Success is any 2xx. 410 gives up (kGone). A Retry-After on 429 and 503, in seconds or
// as an HTTP date (RFC 9110, 10.2.3), that lies later than the schedule is obeyed up to
// the cap and never shortened by jitter; one in the past, negative or not a number is
// ignored.
Verdict Decide(const AttemptOutcome& outcome, const RetryPolicy& policy, int attempt,
               absl::Time now, double random);

// The wait that a Retry-After value asks for; none where it is not one. Values over
// `cap` give the cap.
std::optional<absl::Duration> ParseRetryAfter(std::string_view value, absl::Time now,
                                              absl::Duration cap);

}  // namespace windrow::domain
