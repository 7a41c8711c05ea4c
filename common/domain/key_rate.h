// How fast the holder of an API key may call.
//
// Pure: state and time go in, an answer comes out. A bucket of tokens, one a request or
// event, that holds a second's worth, but one at least. Whoever finds a token may take
// more than there are: a call of a thousand events is taken whole, and those after it
// wait until it is paid for.
#pragma once

#include <absl/time/time.h>

namespace windrow::domain {

// When the bucket was empty, or, in the future, will be.
using KeyRateState = absl::Time;
inline constexpr KeyRateState kFullKeyRate = absl::InfinitePast();

// How long until a call may start: zero, or a millisecond at least. `per_second` is
// positive. A clock that was set back costs a minute at most.
absl::Duration WaitForKeyRate(double per_second, KeyRateState state, absl::Time now);

// The state once `count` have started at `now`.
KeyRateState ChargeKeyRate(double per_second, KeyRateState state, absl::Time now,
                           int count);

}  // namespace windrow::domain
