// Times as payloads write them.
#pragma once

#include <absl/time/time.h>

#include <string>

namespace windrow::domain {

// Appends RFC 3339 in UTC with milliseconds, "2026-11-25T10:00:00.123Z"; what is finer is
// cut off. For years 1 to 9999.
void AppendTimestamp(absl::Time time, std::string* out);

}  // namespace windrow::domain
