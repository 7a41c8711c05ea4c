// What every retry decision keeps, whatever came back, and what the rules say one by one.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
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

// ---- The model: product.md's sentences, with headers whose meaning is known.

struct KnownHeader {
  std::string value;
  std::optional<absl::Duration> asks;  // none: to be ignored
};

KnownHeader AnyDate() {
  // Two digits of a year are told apart within fifty years.
  const absl::Duration from_now =
      absl::Seconds(*rc::gen::inRange<std::int64_t>(-1'000'000'000, 1'000'000'000));
  const char* format = *rc::gen::element("%a, %d %b %Y %H:%M:%S GMT",  // IMF-fixdate
                                         "%A, %d-%b-%y %H:%M:%S GMT",  // RFC 850
                                         "%a %b %e %H:%M:%S %Y");      // asctime
  KnownHeader header{absl::FormatTime(format, kNow + from_now, absl::UTCTimeZone())};
  if (from_now >= absl::ZeroDuration()) header.asks = from_now;
  return header;
}

KnownHeader AnyKnownHeader() {
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return AnyDate();
    case 1:
      return {*rc::gen::element<std::string>("", "soon", "-5", "1.5", "+7", "1e3", "0x10",
                                             "12 s", "Wed, 31 Feb 2027 10:00:00 GMT"),
              std::nullopt};
    case 2:
      return {std::string(static_cast<std::size_t>(*rc::gen::inRange(20, 60)), '9'),
              absl::InfiniteDuration()};
    default: {
      const int seconds = *rc::gen::inRange(0, 200'000);
      return {*rc::gen::element<std::string>("", " ", "00", "\t ") +
                  std::to_string(seconds) + *rc::gen::element<std::string>("", " "),
              absl::Seconds(seconds)};
    }
  }
}

struct ModelOutcome {
  bool complete = *rc::gen::inRange(0, 6) > 0;
  int status =
      *rc::gen::oneOf(rc::gen::element(429, 503),  // what obeys Retry-After
                      rc::gen::element(100, 199, 200, 204, 299, 300, 308, 400, 409, 410,
                                       411, 428, 430, 500, 502, 504, 599, 999));
  std::optional<KnownHeader> retry_after;
};

Verdict Model(const ModelOutcome& outcome, const RetryPolicy& policy, int attempt,
              double random) {
  if (outcome.complete) {
    if (outcome.status >= 200 && outcome.status < 300) return Succeed{};
    if (outcome.status == 410) return GiveUp{GiveUpReason::kGone};
  }
  const int attempts = static_cast<int>(policy.delays.size());
  if (attempt >= attempts) return GiveUp{GiveUpReason::kAttemptsUsed};
  const double seconds = absl::ToDoubleSeconds(policy.delays[attempt]);
  const double least = seconds - seconds * policy.jitter;
  const double most = seconds + seconds * policy.jitter;
  absl::Duration wait = absl::Seconds(least + (most - least) * random);
  const bool obeyed =
      outcome.complete && (outcome.status == 429 || outcome.status == 503);
  if (obeyed && outcome.retry_after && outcome.retry_after->asks) {
    absl::Duration asked = *outcome.retry_after->asks;
    if (asked > policy.retry_after_cap) asked = policy.retry_after_cap;
    if (asked > wait) wait = asked;
  }
  return Retry{wait};
}

RC_GTEST_PROP(DecideProperty, DoesWhatTheModelDoes, ()) {
  RetryPolicy policy;
  policy.delays.clear();
  for (int i = *rc::gen::inRange(1, 9); i > 0; --i) {
    policy.delays.push_back(absl::Seconds(
        *rc::gen::oneOf(rc::gen::inRange(0, 60), rc::gen::inRange(0, 86'401))));
  }
  policy.jitter = *rc::gen::element(0.0, 0.2, 1.0);
  policy.retry_after_cap = absl::Seconds(*rc::gen::inRange(0, 86'401));
  ModelOutcome outcome;
  if (*rc::gen::inRange(0, 6) > 0) outcome.retry_after = AnyKnownHeader();
  // Also the last one, and one beyond.
  const int attempt = *rc::gen::inRange(1, static_cast<int>(policy.delays.size()) + 2);
  const double random = *rc::gen::inRange(0, 1'000) / 1'000.0;

  AttemptOutcome real{.complete = outcome.complete, .status = outcome.status};
  if (outcome.retry_after) real.retry_after = outcome.retry_after->value;
  RC_LOG() << real.status << " " << real.retry_after.value_or("-");
  const Verdict verdict = Decide(real, policy, attempt, kNow, random);
  const Verdict wanted = Model(outcome, policy, attempt, random);
  RC_ASSERT(verdict.index() == wanted.index());
  const auto* retry = std::get_if<Retry>(&verdict);
  if (retry == nullptr) {
    RC_ASSERT(verdict == wanted);
    return;
  }
  // The two round their doubles in different places.
  const absl::Duration off = retry->after - std::get<Retry>(wanted).after;
  RC_ASSERT(absl::AbsDuration(off) < absl::Milliseconds(1));
}

RC_GTEST_PROP(ParseRetryAfterProperty, ReadsWhatWasWritten, ()) {
  const KnownHeader header = AnyKnownHeader();
  const absl::Duration cap = absl::Hours(24);
  const auto wait = ParseRetryAfter(header.value, kNow, cap);
  RC_LOG() << header.value;
  RC_ASSERT(wait.has_value() == header.asks.has_value());
  if (wait) RC_ASSERT(*wait == (*header.asks < cap ? *header.asks : cap));
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
