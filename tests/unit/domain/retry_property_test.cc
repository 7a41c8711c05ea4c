// What every retry decision keeps, whatever came back.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "common/domain/retry.h"

namespace windrow::domain {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'795'600'800);

std::string AnyHeaderValue() {
  return *rc::gen::oneOf(
      rc::gen::map(rc::gen::inRange<std::int64_t>(-10, 2'000'000),
                   [](std::int64_t seconds) { return std::to_string(seconds); }),
      rc::gen::arbitrary<std::string>(),
      rc::gen::element<std::string>("Wed, 25 Nov 2026 10:02:00 GMT",
                                    "Wed, 25 Nov 2026 09:02:00 GMT",
                                    "Fri, 31 Dec 9999 23:59:59 GMT"));
}

AttemptOutcome AnyOutcome() {
  AttemptOutcome outcome;
  outcome.complete = *rc::gen::arbitrary<bool>();
  outcome.status =
      *rc::gen::oneOf(rc::gen::inRange(100, 1'000), rc::gen::element(200, 410, 429, 503));
  if (*rc::gen::arbitrary<bool>()) outcome.retry_after = AnyHeaderValue();
  return outcome;
}

RC_GTEST_PROP(DecideProperty, KeepsScheduleCapAndAttempts, ()) {
  RetryPolicy policy;
  policy.delays.clear();
  for (int i = *rc::gen::inRange(1, 21); i > 0; --i) {
    policy.delays.push_back(absl::Milliseconds(*rc::gen::inRange(0, 86'400'001)));
  }
  policy.jitter = *rc::gen::inRange(0, 101) / 100.0;
  const AttemptOutcome outcome = AnyOutcome();
  const int attempt = *rc::gen::inRange(1, 25);
  const double random = *rc::gen::inRange(0, 1'000) / 1'000.0;
  const Verdict verdict = Decide(outcome, policy, attempt, kNow, random);
  RC_ASSERT(Decide(outcome, policy, attempt, kNow, random) == verdict);

  const bool success = outcome.complete && outcome.status >= 200 && outcome.status < 300;
  const bool gone = outcome.complete && outcome.status == 410;
  const bool used = attempt >= static_cast<int>(policy.delays.size());
  RC_ASSERT(std::holds_alternative<Succeed>(verdict) == success);
  RC_ASSERT((verdict == Verdict(GiveUp{GiveUpReason::kGone})) == gone);
  RC_ASSERT((verdict == Verdict(GiveUp{GiveUpReason::kAttemptsUsed})) ==
            (used && !success && !gone));
  if (!std::holds_alternative<Retry>(verdict)) return;

  const absl::Duration after = std::get<Retry>(verdict).after;
  const absl::Duration delay = policy.delays[attempt];
  RC_ASSERT(after >= delay * (1 - policy.jitter) - absl::Milliseconds(1));
  const absl::Duration longest = delay * (1 + policy.jitter) + absl::Milliseconds(1);
  RC_ASSERT(after <= std::max(longest, policy.retry_after_cap));
  if (!outcome.retry_after || !outcome.complete) RC_ASSERT(after <= longest);
}

RC_GTEST_PROP(ParseRetryAfterProperty, LiesBetweenNothingAndTheCap, ()) {
  const absl::Duration cap = absl::Seconds(*rc::gen::inRange(0, 86'401));
  const std::optional<absl::Duration> wait = ParseRetryAfter(AnyHeaderValue(), kNow, cap);
  if (!wait) return;
  RC_ASSERT(*wait >= absl::ZeroDuration());
  RC_ASSERT(*wait <= cap);
}

}  // namespace
}  // namespace windrow::domain
