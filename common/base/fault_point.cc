#include "common/base/fault_point.h"

#if WINDROW_FAULT_POINTS

#include <absl/time/clock.h>
#include <absl/time/time.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <optional>

#include "common/base/status.h"

namespace windrow::fault {
namespace {

struct Place {
  std::string_view name;
  bool can_fail;
};

// All that there are, in the order in which an event passes them.
constexpr std::array kPlaces = {
    Place{"publish.before_commit", true},     // all is written but the COMMIT
    Place{"publish.after_commit", false},     // on disk, and nobody was told
    Place{"publish.between_answers", false},  // some events of a batch are answered
    Place{"worker.after_claim", true},        // leased, nothing was sent
    Place{"worker.before_send", false},       // subject: the webhook's id
    Place{"worker.after_answer", false},      // the endpoint has answered; not recorded
    Place{"worker.before_record", true},      // a batch of outcomes, before its statement
    Place{"worker.after_record", false},      // one batch is recorded, the next is not
};

enum class Action { kKill, kSleep, kError };

struct Armed {
  std::string_view name;
  Action action = Action::kKill;
  absl::Duration sleep;
  int after = 0;
  std::string subject;  // empty: any
  std::atomic<int> passes{0};
};

// A deque: what is armed never moves.
std::deque<Armed>& AllArmed() {
  static std::deque<Armed> armed;
  return armed;
}

const Place* Find(std::string_view name) {
  const auto* place = std::ranges::find(kPlaces, name, &Place::name);
  return place == kPlaces.end() ? nullptr : place;
}

absl::Status Wrong(std::string_view what, std::string_view text) {
  return absl::InvalidArgumentError(
      fmt::format("WINDROW_FAULT_POINTS: {} '{}'", what, text));
}

// Takes what is before the first `separator` off the front of `text`, and that too.
std::string_view TakeUntil(char separator, std::string_view* text) {
  const std::size_t end = std::min(text->find(separator), text->size());
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(std::min(end + 1, text->size()));
  return taken;
}

absl::Status ParseAction(std::string_view text, Armed* armed) {
  constexpr std::string_view kSleepWord = "sleep ";
  if (text == "kill") {
    armed->action = Action::kKill;
  } else if (text == "error") {
    armed->action = Action::kError;
  } else if (text.starts_with(kSleepWord) &&
             absl::ParseDuration(std::string(text.substr(kSleepWord.size())),
                                 &armed->sleep)) {
    armed->action = Action::kSleep;
  } else {
    return Wrong("no action", text);
  }
  return absl::OkStatus();
}

absl::Status ParseLimit(std::string_view text, Armed* armed) {
  constexpr std::string_view kAfter = "after ", kFor = "for ";
  if (text.starts_with(kFor)) {
    armed->subject = text.substr(kFor.size());
    return absl::OkStatus();
  }
  if (text.starts_with(kAfter)) {
    const std::string_view count = text.substr(kAfter.size());
    const auto [end, error] =
        std::from_chars(count.data(), count.data() + count.size(), armed->after);
    if (error == std::errc() && end == count.data() + count.size()) {
      return absl::OkStatus();
    }
  }
  return Wrong("neither 'after N' nor 'for SUBJECT':", text);
}

absl::Status ArmOne(std::string_view text) {
  Armed& armed = AllArmed().emplace_back();
  const std::string_view name = TakeUntil('=', &text);
  const Place* place = Find(name);
  if (place == nullptr) return Wrong("no fault point", name);
  armed.name = place->name;
  WINDROW_RETURN_IF_ERROR(ParseAction(TakeUntil(':', &text), &armed));
  if (armed.action == Action::kError && !place->can_fail) {
    return Wrong("no error is possible at", name);
  }
  while (!text.empty()) {
    WINDROW_RETURN_IF_ERROR(ParseLimit(TakeUntil(':', &text), &armed));
  }
  return absl::OkStatus();
}

absl::Status Act(const Armed& armed) {
  switch (armed.action) {
    case Action::kKill:
      kill(getpid(), SIGKILL);
      pause();  // the signal may reach another thread first
      break;
    case Action::kSleep:
      absl::SleepFor(armed.sleep);
      break;
    case Action::kError:
      return absl::UnavailableError(fmt::format("fault point {}", armed.name));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Arm(std::string_view text) {
  AllArmed().clear();
  while (!text.empty()) WINDROW_RETURN_IF_ERROR(ArmOne(TakeUntil(',', &text)));
  return absl::OkStatus();
}

absl::Status ArmFromEnvironment() {
  const char* text = std::getenv("WINDROW_FAULT_POINTS");
  return Arm(text == nullptr ? "" : text);
}

absl::Status Pass(std::string_view name, std::string_view subject) {
  if (Find(name) == nullptr) std::abort();  // not in the list above
  for (Armed& armed : AllArmed()) {
    if (armed.name != name) continue;
    if (!armed.subject.empty() && armed.subject != subject) continue;
    const int before = armed.passes++;
    const bool due =
        armed.subject.empty() ? before == armed.after : before >= armed.after;
    if (due) return Act(armed);
  }
  return absl::OkStatus();
}

}  // namespace windrow::fault

#endif
