#include "common/domain/http_date.h"

#include <absl/time/civil_time.h>

#include <algorithm>
#include <span>

namespace windrow::domain {
namespace {

constexpr std::string_view kShortDays[] = {"Mon", "Tue", "Wed", "Thu",
                                           "Fri", "Sat", "Sun"};
constexpr std::string_view kLongDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                          "Friday", "Saturday", "Sunday"};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

// Takes the text apart from the left; the first part that does not fit fails the rest.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Literal(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }

  bool Digits(std::size_t count, int* value) {
    if (rest_.size() < count) return false;
    *value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      *value = *value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }

  // The place in `names`, from 1, of the name that comes next.
  bool OneOf(std::span<const std::string_view> names, int* place) {
    const auto found = std::ranges::find_if(
        names, [&](std::string_view name) { return rest_.starts_with(name); });
    if (found == names.end()) return false;
    rest_.remove_prefix(found->size());
    *place = static_cast<int>(found - names.begin()) + 1;
    return true;
  }

  bool TimeOfDay(Parts* parts) {
    return Digits(2, &parts->hour) && Literal(":") && Digits(2, &parts->minute) &&
           Literal(":") && Digits(2, &parts->second);
  }

  bool AtEnd() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool ScanImfFixdate(Scanner in, Parts* parts) {
  int weekday;
  return in.OneOf(kShortDays, &weekday) && in.Literal(", ") &&
         in.Digits(2, &parts->day) && in.Literal(" ") &&
         in.OneOf(kMonths, &parts->month) && in.Literal(" ") &&
         in.Digits(4, &parts->year) && in.Literal(" ") && in.TimeOfDay(parts) &&
         in.Literal(" GMT") && in.AtEnd();
}

bool ScanRfc850(Scanner in, Parts* parts) {
  int weekday;
  return in.OneOf(kLongDays, &weekday) && in.Literal(", ") && in.Digits(2, &parts->day) &&
         in.Literal("-") && in.OneOf(kMonths, &parts->month) && in.Literal("-") &&
         in.Digits(2, &parts->year) && in.Literal(" ") && in.TimeOfDay(parts) &&
         in.Literal(" GMT") && in.AtEnd();
}

bool ScanAsctime(Scanner in, Parts* parts) {
  int weekday;
  return in.OneOf(kShortDays, &weekday) && in.Literal(" ") &&
         in.OneOf(kMonths, &parts->month) && in.Literal(" ") &&
         (in.Literal(" ") ? in.Digits(1, &parts->day) : in.Digits(2, &parts->day)) &&
         in.Literal(" ") && in.TimeOfDay(parts) && in.Literal(" ") &&
         in.Digits(4, &parts->year) && in.AtEnd();
}

std::optional<absl::Time> ToTime(const Parts& parts) {
  // 60 is a leap second (RFC 5322, 3.3); it becomes the next minute's first.
  if (parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  const absl::CivilDay day(parts.year, parts.month, parts.day);
  if (day.month() != parts.month || day.day() != parts.day) return std::nullopt;
  return absl::FromCivil(absl::CivilSecond(day), absl::UTCTimeZone()) +
         absl::Hours(parts.hour) + absl::Minutes(parts.minute) +
         absl::Seconds(parts.second);
}

// RFC 9110, 5.6.7: the last year with these two digits, but at most 50 years ahead.
std::optional<absl::Time> WithCentury(Parts parts, absl::Time now) {
  const absl::CivilSecond latest = [&] {
    const absl::CivilSecond today = absl::ToCivilSecond(now, absl::UTCTimeZone());
    return absl::CivilSecond(today.year() + 50, today.month(), today.day(), today.hour(),
                             today.minute(), today.second());
  }();
  parts.year += static_cast<int>(latest.year() / 100) * 100;
  const std::optional<absl::Time> time = ToTime(parts);
  if (time && *time <= absl::FromCivil(latest, absl::UTCTimeZone())) return time;
  parts.year -= 100;
  return ToTime(parts);
}

}  // namespace

std::optional<absl::Time> ParseHttpDate(std::string_view text, absl::Time now) {
  const Scanner in(text);
  Parts parts;
  if (ScanImfFixdate(in, &parts) || ScanAsctime(in, &parts)) return ToTime(parts);
  if (ScanRfc850(in, &parts)) return WithCentury(parts, now);
  return std::nullopt;
}

}  // namespace windrow::domain
