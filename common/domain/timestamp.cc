#include "common/domain/timestamp.h"

#include <fmt/format.h>

#include <iterator>

namespace windrow::domain {

void AppendTimestamp(absl::Time time, std::string* out) {
  const absl::TimeZone::CivilInfo at = absl::UTCTimeZone().At(time);
  fmt::format_to(std::back_inserter(*out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                 at.cs.year(), at.cs.month(), at.cs.day(), at.cs.hour(), at.cs.minute(),
                 at.cs.second(), absl::ToInt64Milliseconds(at.subsecond));
}

}  // namespace windrow::domain
