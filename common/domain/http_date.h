// Dates as HTTP writes them (RFC 9110, 5.6.7).
#pragma once

#include <absl/time/time.h>

#include <optional>
#include <string_view>

namespace windrow::domain {

// Accepts the three forms, in their exact spelling and nothing around them:
//   Sun, 06 Nov 1994 08:49:37 GMT    IMF-fixdate
//   Sunday, 06-Nov-94 08:49:37 GMT   RFC 850; a year that would lie more than 50 years
//                                    after `now` is the one a century before
//   Sun Nov  6 08:49:37 1994         asctime
// Days that no calendar has are refused. The day's name must be one, not the right one.
std::optional<absl::Time> ParseHttpDate(std::string_view text, absl::Time now);

}  // namespace windrow::domain
