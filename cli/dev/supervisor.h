// Starts children in order, watches them, and stops them the other way round.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include "cli/dev/child_process.h"

namespace windrow::cli {

// One in a process, on the main thread, made before any other thread is: it blocks
// SIGINT, SIGTERM and SIGCHLD, and takes them itself.
class Supervisor {
 public:
  Supervisor();
  // Stops what is still running.
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  absl::Status Start(ChildOptions options);
  // Runs one to its end; an error, with its last lines, unless that is status 0.
  absl::Status RunToEnd(ChildOptions options, absl::Duration timeout);

  // Asks `done` again and again. CANCELLED once a signal asks to stop, UNAVAILABLE once
  // a child has ended (its name and last lines), DEADLINE_EXCEEDED naming `what`.
  absl::Status WaitUntil(const std::string& what, absl::Duration timeout,
                         const std::function<bool()>& done);

  // The last one started first; each has its time, then it is killed.
  void StopAll();

 private:
  absl::Status TakeSignal(absl::Duration at_most);
  absl::Status CheckChildren();

  sigset_t signals_;
  std::vector<Child> children_;
};

}  // namespace windrow::cli
