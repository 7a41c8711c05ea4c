// Child processes of `windrow dev`. A child ends with its parent, however that ends.
#pragma once

#include <absl/status/statusor.h>
#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace windrow::cli {

// Whom a child runs as.
struct UserIds {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};
// The user `name`, where there is one.
std::optional<UserIds> FindUser(const std::string& name);

struct ChildOptions {
  std::string name;               // for a person: "windrow-server"
  std::vector<std::string> argv;  // argv[0] is the program's path
  // Beside what is inherited; variables of Windrow and of libpq are not inherited, since
  // they are about another installation.
  std::vector<std::pair<std::string, std::string>> env;
  std::string log_file;  // takes standard output and error; empty: inherited
  std::optional<UserIds> user;
  int stop_signal = SIGTERM;
  bool stop_group = true;  // the signal goes to what the child has started, too
};

// A started process, in a session of its own: a Ctrl-C at the terminal does not reach it.
class Child {
 public:
  // Fails where the program cannot be run. Must be called from the main thread, which
  // the child's life is tied to.
  static absl::StatusOr<Child> Start(ChildOptions options);

  const std::string& name() const { return options_.name; }
  // Looks, without waiting, whether it has ended.
  bool HasEnded();
  // "ended with status 1" or "was ended by signal 9", once it has.
  std::string EndText() const;
  bool EndedWell() const;
  void Signal(int signal) const;
  void Stop() const { Signal(options_.stop_signal); }
  // The end of its log, indented, for an error; "" where it has none.
  std::string LastLines() const;

 private:
  Child(ChildOptions options, pid_t pid) : options_(std::move(options)), pid_(pid) {}
  ChildOptions options_;
  pid_t pid_;
  bool ended_ = false;
  int wait_status_ = 0;
};

}  // namespace windrow::cli
