#include "cli/interrupt.h"

#include <time.h>

#include <utility>

namespace windrow::cli {

Interrupt::Interrupt(std::function<void()> stop) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
  thread_ = std::thread([this, signals, stop = std::move(stop)] {
    constexpr timespec kLook = {.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!over_) {
      if (sigtimedwait(&signals, nullptr, &kLook) < 0) continue;
      came_ = true;
      stop();
      return;
    }
  });
}

Interrupt::~Interrupt() {
  over_ = true;
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace windrow::cli
