// Whether an endpoint may be sent to, by what its last requests came to: a circuit
// breaker for each webhook.
//
//   closed ──failures──▶ open ──its time is over──▶ half-open ──one request──┬─▶ open,
//   longer
//     ▲                   ▲                                                  │
//     └─────────────── recovering ◀──────────────── the endpoint answered ───┘
//                  1, 2, 4, … requests at once
//
// Pure: time and random numbers are given, and the same calls give the same states. Not
// thread-safe.
#pragma once

#include <absl/time/time.h>

#include <cstdint>

namespace windrow::domain {

struct BreakerPolicy {
  int failures = 5;             // in a row that open it; 0: it never opens
  int failures_of_32 = 24;      // of the last 32 requests that open it too
  int failures_recovering = 2;  // in a row that open it again while it recovers
  int concurrency = 64;         // requests at once where nothing limits them
  absl::Duration first_open = absl::Seconds(1);
  absl::Duration longest_open = absl::Seconds(30);
  double jitter = 0.2;  // share of the time that it is open which may fall away, 0–1
  // A Retry-After that is longer than its time keeps it open for so long at most.
  absl::Duration retry_after_cap = absl::Minutes(5);
  // What may run at once doubles this often at most.
  absl::Duration double_every = absl::Seconds(1);
};

enum class BreakerState : std::uint8_t { kClosed, kOpen, kHalfOpen, kRecovering };
const char* ToString(BreakerState state);

// What one request tells of its endpoint.
enum class EndpointSign : std::uint8_t {
  kWell,     // it answered, be it with a refusal of this one request
  kFailing,  // no answer, or one that says that it is not well
  kNothing,  // the request ended for another reason
};

struct EndpointReport {
  EndpointSign sign = EndpointSign::kWell;
  absl::Duration retry_after;  // that it asked for; zero where it did not
};

class Breaker {
 public:
  // What was known when a request started. Reports of requests that started before it
  // opened last change nothing.
  using Ticket = std::uint32_t;

  // How many requests may run at once, all that still run included: 0 while it is open, 1
  // while it is half-open. Where its time is over it becomes half-open. A clock that went
  // back leaves it open for no longer than it was to be at first.
  int Allowed(const BreakerPolicy& policy, absl::Time now);

  // A request starts; no more than Allowed run then.
  Ticket Start() const { return opened_; }
  // It ended. `random` is in [0, 1).
  void End(Ticket ticket, const EndpointReport& report, const BreakerPolicy& policy,
           absl::Time now, double random);

  // The endpoint may be another one by now: one that is open is half-open at once.
  void Retry();

  BreakerState state() const { return state_; }
  // With kOpen.
  absl::Time open_until() const { return until_; }
  // Failures in a row, of those that were counted.
  int failures() const { return failures_; }

 private:
  void Open(absl::Duration retry_after, const BreakerPolicy& policy, absl::Time now,
            double random);
  void Close();
  bool OpensBy(const BreakerPolicy& policy) const;
  void CountWell(const BreakerPolicy& policy, absl::Time now);

  BreakerState state_ = BreakerState::kClosed;
  int failures_ = 0;
  std::uint32_t recent_ = 0;  // the last 32 requests, a bit each: 1 failed
  int times_ = 0;             // that it opened since it was closed
  std::uint32_t opened_ = 0;  // that it did ever
  absl::Time until_ = absl::InfinitePast();
  absl::Duration open_for_;
  int allowed_ = 1;  // while recovering
  absl::Time doubled_at_ = absl::InfinitePast();
};

}  // namespace windrow::domain
