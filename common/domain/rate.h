// How many requests of a webhook may start now (product.md, section 1: rate).
//
// Pure: state and time go in, a number comes out. What the state is of is one webhook,
// over all workers.
//
// Requests a second are a bucket of tokens, one a request, that fills at that rate. It
// holds a tenth of a second's worth, but one at least: in any T seconds no more requests
// start than T times the rate and a bucketful.
#pragma once

#include <absl/time/time.h>

namespace windrow::domain {

struct RateLimit {
  double requests_per_second = 0;   // 0.001–10,000; 0: no limit
  int max_concurrent_requests = 0;  // 1–10,000; 0: no limit

  bool limits() const { return requests_per_second > 0 || max_concurrent_requests > 0; }
  bool operator==(const RateLimit&) const = default;
};

inline constexpr double kMinRequestsPerSecond = 0.001;
inline constexpr double kMaxRequestsPerSecond = 10'000;
inline constexpr int kMaxConcurrentRequests = 10'000;

struct RateState {
  // The bucket holds what came since, up to its size. In the future: nothing yet.
  absl::Time empty_at = absl::InfinitePast();
  int running = 0;  // requests that started and did not end
};

struct Admission {
  int most = 0;  // requests that may start
  // Where `most` is fewer than were wanted: when to ask again at the latest. At least a
  // millisecond, at most kAskAgainAtMost.
  absl::Duration again_after;
  // Asking before that makes sense where a request has ended.
  bool until_freed = false;
};

// A change of the limit takes effect no later.
inline constexpr absl::Duration kAskAgainAtMost = absl::Seconds(2);

Admission Admit(const RateLimit& limit, const RateState& state, absl::Time now,
                int wanted);

// RateState::empty_at once `requests` that Admit let in have started. Whole microseconds.
absl::Time Charge(const RateLimit& limit, absl::Time empty_at, absl::Time now,
                  int requests);

}  // namespace windrow::domain
