#include "tests/support/postgres_cluster.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

extern char** environ;

namespace windrow::testing {
namespace {

constexpr char kServerUser[] = "postgres";

absl::Status ErrnoStatus(const char* what) {
  return absl::InternalError(fmt::format("{}: {}", what, std::strerror(errno)));
}

// PostgreSQL refuses to run as root: its commands are run as its own user then.
std::vector<std::string> AsServerUser(std::vector<std::string> command) {
  if (geteuid() != 0) return command;
  std::vector<std::string> whole = {"/usr/bin/setpriv", "--reuid",   kServerUser,
                                    "--regid",          kServerUser, "--init-groups"};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

// Starts `command` in a session of its own, so that a Ctrl-C for the test does not reach
// it. Descriptors that are given replace its standard input and output.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& command, int input,
                            int output) {
  std::vector<char*> argv;
  for (const std::string& arg : command) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (input >= 0) posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  if (output >= 0) posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = 0;
  errno = posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  const absl::Status status = errno == 0 ? absl::OkStatus() : ErrnoStatus(argv[0]);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (!status.ok()) return status;
  return pid;
}

int AwaitExit(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

absl::StatusOr<PostgresCluster*> PostgresCluster::Shared() {
  static const absl::StatusOr<std::unique_ptr<PostgresCluster>> cluster = Start();
  if (!cluster.ok()) return cluster.status();
  return cluster->get();
}

absl::StatusOr<std::unique_ptr<PostgresCluster>> PostgresCluster::Start() {
  auto cluster = std::unique_ptr<PostgresCluster>(new PostgresCluster);
  WINDROW_RETURN_IF_ERROR(cluster->MakeFolder());
  WINDROW_RETURN_IF_ERROR(cluster->SpawnSupervisor());
  WINDROW_RETURN_IF_ERROR(cluster->AwaitReady());
  return cluster;
}

absl::Status PostgresCluster::MakeFolder() {
  // Not TMPDIR: a socket's path holds 107 bytes, and the server's user must reach it.
  char name[] = "/tmp/windrow-pg-XXXXXX";
  if (mkdtemp(name) == nullptr) return ErrnoStatus("mkdtemp");
  folder_ = name;
  if (geteuid() != 0) return absl::OkStatus();
  const passwd* user = getpwnam(kServerUser);
  if (user == nullptr) return absl::NotFoundError("there is no user postgres");
  if (chown(name, user->pw_uid, user->pw_gid) != 0) return ErrnoStatus("chown");
  // The script may lie where that user cannot look.
  const std::string script = folder_ + "/supervisor.sh";
  std::error_code error;
  std::filesystem::copy_file(WINDROW_POSTGRES_SUPERVISOR, script, error);
  if (error) return absl::InternalError("the supervisor's script cannot be copied");
  if (chown(script.c_str(), user->pw_uid, user->pw_gid) != 0) return ErrnoStatus("chown");
  return absl::OkStatus();
}

absl::Status PostgresCluster::SpawnSupervisor() {
  int to_it[2];
  int from_it[2];
  // Close-on-exec: a process that the test starts must not keep the server alive.
  if (pipe2(to_it, O_CLOEXEC) != 0) return ErrnoStatus("pipe2");
  keep_alive_ = to_it[1];
  if (pipe2(from_it, O_CLOEXEC) != 0) {
    close(to_it[0]);
    return ErrnoStatus("pipe2");
  }
  answers_ = from_it[0];
  const std::string script =
      geteuid() == 0 ? folder_ + "/supervisor.sh" : WINDROW_POSTGRES_SUPERVISOR;
  const absl::StatusOr<pid_t> pid =
      Spawn(AsServerUser({"/bin/sh", script, WINDROW_POSTGRES_BIN, folder_}), to_it[0],
            from_it[1]);
  close(to_it[0]);
  close(from_it[1]);
  if (!pid.ok()) return pid.status();
  supervisor_ = *pid;
  return absl::OkStatus();
}

absl::Status PostgresCluster::AwaitReady() {
  std::string answer;
  char bytes[64];
  while (answer.find('\n') == std::string::npos) {
    const ssize_t got = read(answers_, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    answer.append(bytes, static_cast<std::size_t>(got));
  }
  if (answer == "ready\n") return absl::OkStatus();
  return absl::UnavailableError("PostgreSQL for the tests did not start; see above");
}

PostgresCluster::~PostgresCluster() {
  if (keep_alive_ >= 0) close(keep_alive_);
  if (supervisor_ > 0) AwaitExit(supervisor_);
  if (answers_ >= 0) close(answers_);
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string PostgresCluster::UrlOf(const std::string& database) const {
  return fmt::format("postgresql:///{}?host={}&user=postgres", database, folder_);
}

absl::Status PostgresCluster::PgCtl(const std::vector<std::string>& args) {
  std::vector<std::string> command = {std::string(WINDROW_POSTGRES_BIN) + "/pg_ctl", "-D",
                                      folder_ + "/data"};
  command.insert(command.end(), args.begin(), args.end());
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  const absl::StatusOr<pid_t> pid = Spawn(AsServerUser(command), nowhere, nowhere);
  close(nowhere);
  if (!pid.ok()) return pid.status();
  if (AwaitExit(*pid) == 0) return absl::OkStatus();
  return absl::InternalError(fmt::format("pg_ctl {} failed", args.front()));
}

absl::Status PostgresCluster::CrashAndRestart() {
  return PgCtl({"restart", "-m", "immediate", "-w", "-l", folder_ + "/log"});
}

absl::Status PostgresCluster::Signal(int signal) {
  pid_t pid = 0;
  std::ifstream(folder_ + "/data/postmaster.pid") >> pid;
  if (pid <= 1) return absl::NotFoundError("no server is running");
  return kill(pid, signal) == 0 ? absl::OkStatus() : ErrnoStatus("kill");
}

}  // namespace windrow::testing
