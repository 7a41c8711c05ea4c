#include "workers/runtime/stop_signals.h"

#include <pthread.h>
#include <unistd.h>

namespace windrow::worker {
namespace {

extern "C" void ExitNow(int signal) { _exit(128 + signal); }

}  // namespace

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  // A peer that closed its connection is an error to return, not a reason to end.
  std::signal(SIGPIPE, SIG_IGN);
}

int StopSignals::Wait() const {
  int signal = 0;
  while (sigwait(&signals_, &signal) != 0) {
  }
  return signal;
}

std::optional<int> StopSignals::WaitFor(absl::Duration timeout) const {
  const timespec limit = absl::ToTimespec(timeout);
  const int signal = sigtimedwait(&signals_, nullptr, &limit);
  return signal > 0 ? std::optional(signal) : std::nullopt;
}

void StopSignals::ExitOnNext() const {
  struct sigaction action = {};
  action.sa_handler = ExitNow;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

}  // namespace windrow::worker
