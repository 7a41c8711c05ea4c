#include "common/domain/retry.h"

#include <algorithm>

#include "common/domain/http_date.h"

namespace windrow::domain {
namespace {

constexpr std::string_view kDigits = "0123456789";

std::string_view TrimWhitespace(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

absl::Duration SecondsUpTo(std::string_view digits, absl::Duration cap) {
  const std::int64_t limit = absl::ToInt64Seconds(cap);
  std::int64_t seconds = 0;
  for (const char digit : digits) {
    // Stopping here keeps a number of any length from overflowing.
    if (seconds > limit) return cap;
    seconds = seconds * 10 + (digit - '0');
  }
  return std::min(absl::Seconds(seconds), cap);
}

absl::Duration Spread(absl::Duration delay, double jitter, double random) {
  return delay * (1 + jitter * (2 * random - 1));
}

}  // namespace

std::vector<absl::Duration> RetryPolicy::DefaultDelays() {
  return {absl::ZeroDuration(), absl::Seconds(5), absl::Minutes(5), absl::Minutes(30),
          absl::Hours(2),       absl::Hours(5),   absl::Hours(10),  absl::Hours(14),
          absl::Hours(20),      absl::Hours(24)};
}

std::optional<absl::Duration> ParseRetryAfter(std::string_view value, absl::Time now,
                                              absl::Duration cap) {
  value = TrimWhitespace(value);
  if (value.empty()) return std::nullopt;
  if (value.find_first_not_of(kDigits) == std::string_view::npos) {
    return SecondsUpTo(value, cap);
  }
  const std::optional<absl::Time> date = ParseHttpDate(value, now);
  if (!date || *date < now) return std::nullopt;
  return std::min(*date - now, cap);
}

Verdict Decide(const AttemptOutcome& outcome, const RetryPolicy& policy, int attempt,
               absl::Time now, double random) {
  const int status = outcome.complete ? outcome.status : 0;
  if (status >= 200 && status <= 299) return Succeed{};
  if (status == 410) return GiveUp{GiveUpReason::kGone};
  const std::size_t made = std::max(attempt, 1);
  if (made >= policy.delays.size()) return GiveUp{GiveUpReason::kAttemptsUsed};

  absl::Duration wait = Spread(policy.delays[made], policy.jitter, random);
  if ((status == 429 || status == 503) && outcome.retry_after) {
    const std::optional<absl::Duration> asked =
        ParseRetryAfter(*outcome.retry_after, now, policy.retry_after_cap);
    if (asked) wait = std::max(wait, *asked);
  }
  return Retry{wait};
}

}  // namespace windrow::domain
