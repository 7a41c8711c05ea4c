// One of our programs, as an operator runs it; never outlives the test.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>
#include <vector>

namespace windrow::testing {

// Not thread-safe. Start it from a thread that lives on: the child is killed when the
// thread that started it ends, however that comes.
class ChildProcess {
 public:
  struct Options {
    std::string program;
    std::vector<std::string> args;
    std::vector<std::string> env;  // "NAME=value", over the test's own
    std::string log_file;          // standard output and error are appended to it
  };

  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const Options& options);
  // SIGKILL, where it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int pid() const { return pid_; }
  void Signal(int signal) const;
  // Waits for its end; the exit status, or 128 and the signal's number.
  int Wait();
  // SIGTERM, then Wait.
  int Stop();
  // SIGKILL, then Wait.
  void Kill();

 private:
  explicit ChildProcess(int pid) : pid_(pid) {}
  int pid_;  // 0: it has ended
};

}  // namespace windrow::testing
