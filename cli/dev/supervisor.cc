#include "cli/dev/supervisor.h"

#include <absl/time/clock.h>
#include <fmt/format.h>

#include <utility>

#include "common/base/status.h"

namespace windrow::cli {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(25);
// Longer than the programs' own --shutdown-timeout here.
constexpr absl::Duration kStopTimeout = absl::Seconds(20);

}  // namespace

Supervisor::Supervisor() {
  ::sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) {
    ::sigaddset(&signals_, signal);
  }
  ::sigprocmask(SIG_BLOCK, &signals_, nullptr);
  // A shell script's "&" starts programs with SIGINT ignored, and what is ignored cannot
  // be waited for. SIGHUP stays as it is: nohup is meant.
  ::signal(SIGINT, SIG_DFL);
}

Supervisor::~Supervisor() { StopAll(); }

absl::Status Supervisor::Start(ChildOptions options) {
  WINDROW_ASSIGN_OR_RETURN(Child child, Child::Start(std::move(options)));
  children_.push_back(std::move(child));
  return absl::OkStatus();
}

absl::Status Supervisor::RunToEnd(ChildOptions options, absl::Duration timeout) {
  WINDROW_ASSIGN_OR_RETURN(Child child, Child::Start(std::move(options)));
  const absl::Status waited =
      WaitUntil(child.name() + " to end", timeout, [&] { return child.HasEnded(); });
  if (!waited.ok()) {
    child.Signal(SIGKILL);
    return waited;
  }
  if (child.EndedWell()) return absl::OkStatus();
  return absl::UnavailableError(fmt::format("{} {}. Its last lines:\n{}", child.name(),
                                            child.EndText(), child.LastLines()));
}

absl::Status Supervisor::TakeSignal(absl::Duration at_most) {
  const timespec timeout = absl::ToTimespec(at_most);
  const int signal = ::sigtimedwait(&signals_, nullptr, &timeout);
  if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
    return absl::CancelledError("asked to stop");
  }
  return absl::OkStatus();
}

absl::Status Supervisor::CheckChildren() {
  for (Child& child : children_) {
    if (!child.HasEnded()) continue;
    const std::string lines = child.LastLines();
    return absl::UnavailableError(fmt::format("{} {}.{}{}", child.name(), child.EndText(),
                                              lines.empty() ? "" : " Its last lines:\n",
                                              lines));
  }
  return absl::OkStatus();
}

absl::Status Supervisor::WaitUntil(const std::string& what, absl::Duration timeout,
                                   const std::function<bool()>& done) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    WINDROW_RETURN_IF_ERROR(CheckChildren());
    if (done()) return absl::OkStatus();
    const absl::Time now = absl::Now();
    if (now >= deadline) {
      return absl::DeadlineExceededError(
          fmt::format("waited {} for {} in vain", absl::FormatDuration(timeout), what));
    }
    WINDROW_RETURN_IF_ERROR(TakeSignal(std::min(kPoll, deadline - now)));
  }
}

void Supervisor::StopAll() {
  while (!children_.empty()) {
    Child& child = children_.back();
    if (!child.HasEnded()) child.Stop();
    const absl::Time deadline = absl::Now() + kStopTimeout;
    while (!child.HasEnded()) {
      if (absl::Now() > deadline) child.Signal(SIGKILL);
      // A second Ctrl-C changes nothing: everything is on its way out.
      (void)TakeSignal(kPoll);
    }
    children_.pop_back();
  }
}

}  // namespace windrow::cli
