#include "cli/dev/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <string_view>

extern char** environ;

namespace windrow::cli {
namespace {

constexpr std::size_t kShownLines = 10;

// Everything that the child needs between fork and exec, where nothing may be allocated.
struct Prepared {
  std::vector<std::string> env_texts;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::vector<gid_t> groups;
  int log = -1;
  int failure_pipe[2] = {-1, -1};
  pid_t parent = 0;
};

bool IsInherited(std::string_view variable) {
  if (variable.starts_with("WINDROW_LOG_LEVEL=")) return true;
  return !variable.starts_with("WINDROW_") && !variable.starts_with("PG");
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) {
    pointers.push_back(const_cast<char*>(text.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

absl::Status Prepare(const ChildOptions& options, Prepared* p) {
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (IsInherited(*variable)) p->env_texts.emplace_back(*variable);
  }
  for (const auto& [name, value] : options.env) {
    p->env_texts.push_back(fmt::format("{}={}", name, value));
  }
  p->argv = Pointers(options.argv);
  p->envp = Pointers(p->env_texts);
  if (options.user) {
    int count = 64;
    p->groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(options.user->name.c_str(), options.user->gid, p->groups.data(),
                   &count);
    p->groups.resize(static_cast<std::size_t>(std::max(0, std::min(count, 64))));
  }
  if (!options.log_file.empty()) {
    p->log =
        ::open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (p->log < 0) {
      return absl::UnavailableError(fmt::format("{} cannot be written: {}",
                                                options.log_file, std::strerror(errno)));
    }
  }
  p->parent = ::getpid();
  if (::pipe2(p->failure_pipe, O_CLOEXEC) == 0) return absl::OkStatus();
  return absl::ResourceExhaustedError(fmt::format("pipe: {}", std::strerror(errno)));
}

// In the child. Only calls that are safe after a fork (signal-safety(7)).
[[noreturn]] void Become(const ChildOptions& options, const Prepared& p) {
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::setsid();
  if (p.log >= 0) {
    ::dup2(p.log, STDOUT_FILENO);
    ::dup2(p.log, STDERR_FILENO);
  }
  bool ok = true;
  if (const int nowhere = ::open("/dev/null", O_RDONLY | O_CLOEXEC); nowhere >= 0) {
    ::dup2(nowhere, STDIN_FILENO);
  }
  if (options.user) {
    ok = ::setgroups(p.groups.size(), p.groups.data()) == 0 &&
         ::setgid(options.user->gid) == 0 && ::setuid(options.user->uid) == 0;
    // The folder that it was started in may be closed to that user.
    ok = ok && ::chdir("/") == 0;
  }
  // After setuid, which would undo it. The parent may have gone in between.
  ::prctl(PR_SET_PDEATHSIG, options.stop_signal);
  if (ok && ::getppid() == p.parent) ::execve(p.argv[0], p.argv.data(), p.envp.data());
  const int error = errno;
  (void)!::write(p.failure_pipe[1], &error, sizeof error);
  ::_exit(127);
}

// 0 where the program runs.
int ReadFailure(int fd) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(fd, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? error : 0;
}

}  // namespace

std::optional<UserIds> FindUser(const std::string& name) {
  const passwd* entry = ::getpwnam(name.c_str());
  if (entry == nullptr) return std::nullopt;
  return UserIds{name, entry->pw_uid, entry->pw_gid};
}

absl::StatusOr<Child> Child::Start(ChildOptions options) {
  Prepared prepared;
  const absl::Status ready = Prepare(options, &prepared);
  if (!ready.ok()) return ready;
  const pid_t pid = ::fork();
  if (pid == 0) Become(options, prepared);
  const int fork_error = errno;
  ::close(prepared.failure_pipe[1]);
  if (prepared.log >= 0) ::close(prepared.log);
  const int error = pid < 0 ? fork_error : ReadFailure(prepared.failure_pipe[0]);
  ::close(prepared.failure_pipe[0]);
  if (error == 0) return Child(std::move(options), pid);
  if (pid > 0) ::waitpid(pid, nullptr, 0);
  return absl::UnavailableError(fmt::format("{} cannot be started: {}: {}", options.name,
                                            options.argv[0], std::strerror(error)));
}

bool Child::HasEnded() {
  if (!ended_) ended_ = ::waitpid(pid_, &wait_status_, WNOHANG) == pid_;
  return ended_;
}

std::string Child::EndText() const {
  if (WIFSIGNALED(wait_status_)) {
    return fmt::format("was ended by signal {}", WTERMSIG(wait_status_));
  }
  return fmt::format("ended with status {}", WEXITSTATUS(wait_status_));
}

bool Child::EndedWell() const {
  return ended_ && WIFEXITED(wait_status_) && WEXITSTATUS(wait_status_) == 0;
}

void Child::Signal(int signal) const {
  if (!ended_) ::kill(options_.stop_group ? -pid_ : pid_, signal);
}

std::string Child::LastLines() const {
  if (options_.log_file.empty()) return "";
  std::ifstream in(options_.log_file);
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(line);
    if (last.size() > kShownLines) last.pop_front();
  }
  std::string out;
  for (const std::string& line : last) out += "  " + line + "\n";
  return out;
}

}  // namespace windrow::cli
