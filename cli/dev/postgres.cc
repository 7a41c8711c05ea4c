#include "cli/dev/postgres.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "common/base/status.h"
#include "common/store/postgres/connection.h"

namespace windrow::cli {
namespace {

namespace fs = std::filesystem;
using store::postgres::Connection;

constexpr char kVersion[] = "15";
constexpr char kDatabase[] = "windrow";
constexpr char kDatabaseUser[] = "windrow";
// Where clusters go that would lie out of reach of PostgreSQL's user.
constexpr char kSharedHome[] = "/var/lib/windrow-dev";

bool Has(const fs::path& folder, const char* program) {
  return ::access((folder / program).c_str(), X_OK) == 0;
}

std::vector<fs::path> ProgramFolders() {
  std::vector<fs::path> folders = {fmt::format("/usr/lib/postgresql/{}/bin", kVersion),
                                   fmt::format("/usr/pgsql-{}/bin", kVersion)};
  const char* path = std::getenv("PATH");
  std::istringstream parts(path == nullptr ? "" : path);
  for (std::string part; std::getline(parts, part, ':');) {
    if (part.starts_with('/')) folders.emplace_back(part);
  }
  return folders;
}

bool MayPass(const struct stat& status, const UserIds& user) {
  if (status.st_uid == user.uid) return (status.st_mode & S_IXUSR) != 0;
  if (status.st_gid == user.gid) return (status.st_mode & S_IXGRP) != 0;
  return (status.st_mode & S_IXOTH) != 0;
}

bool MayReach(const fs::path& folder, const UserIds& user) {
  for (fs::path at = folder;; at = at.parent_path()) {
    struct stat status {};
    if (::stat(at.c_str(), &status) != 0 || !MayPass(status, user)) return false;
    if (at == at.root_path()) return true;
  }
}

absl::Status Failed(const std::string& path, const char* what) {
  return absl::FailedPreconditionError(
      fmt::format("{} cannot be {}: {}", path, what, std::strerror(errno)));
}

absl::Status MakeOwned(const std::string& path, const std::optional<UserIds>& user) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Failed(path, "made");
  if (user && ::lchown(path.c_str(), user->uid, user->gid) != 0) {
    return Failed(path, "given to PostgreSQL's user");
  }
  return absl::OkStatus();
}

// The value in a "key=value" text for libpq.
std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

absl::StatusOr<DevPostgres> DevPostgres::Start(const DataFolder& folder,
                                               Supervisor* supervisor) {
  DevPostgres postgres;
  WINDROW_RETURN_IF_ERROR(postgres.FindPrograms());
  WINDROW_RETURN_IF_ERROR(postgres.PrepareFolder(folder));
  WINDROW_RETURN_IF_ERROR(postgres.InitDb(folder, supervisor));
  WINDROW_RETURN_IF_ERROR(postgres.AwaitPredecessor(supervisor));
  WINDROW_RETURN_IF_ERROR(postgres.StartServer(folder, supervisor));
  WINDROW_RETURN_IF_ERROR(postgres.MakeDatabase());
  return postgres;
}

std::string DevPostgres::UrlOf(const std::string& database) const {
  return fmt::format("host={} user={} dbname={}", Quoted(home_ + "/socket"),
                     kDatabaseUser, database);
}

absl::Status DevPostgres::FindPrograms() {
  for (const fs::path& folder : ProgramFolders()) {
    if (Has(folder, "initdb") && Has(folder, "postgres")) {
      programs_ = folder.string();
      break;
    }
  }
  if (programs_.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("PostgreSQL {} is not installed: there is no initdb in "
                    "/usr/lib/postgresql/{}/bin "
                    "nor on the PATH. On Debian: apt-get install postgresql-15",
                    kVersion, kVersion));
  }
  if (::geteuid() != 0) return absl::OkStatus();
  user_ = FindUser("postgres");
  if (!user_) user_ = FindUser("nobody");
  if (user_ && user_->uid != 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "PostgreSQL does not run as root, and there is neither a user postgres nor nobody: "
      "run this as an ordinary user");
}

absl::Status DevPostgres::PrepareFolder(const DataFolder& folder) {
  home_ = folder.path() + "/postgres";
  std::error_code error;
  if (user_ && !fs::exists(home_, error) && !MayReach(folder.path(), *user_)) {
    ::mkdir(kSharedHome, 0711);
    std::string apart = fmt::format("{}/XXXXXX", kSharedHome);
    if (::mkdtemp(apart.data()) == nullptr) return Failed(apart, "made");
    if (::symlink(apart.c_str(), home_.c_str()) != 0) return Failed(home_, "linked");
  }
  // PostgreSQL's user cannot follow the link from where it lies.
  if (fs::is_symlink(home_, error)) home_ = fs::read_symlink(home_, error).string();
  WINDROW_RETURN_IF_ERROR(MakeOwned(home_, user_));
  WINDROW_RETURN_IF_ERROR(MakeOwned(home_ + "/socket", user_));
  const std::string socket = home_ + "/socket/.s.PGSQL.5432";
  if (socket.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::FailedPreconditionError(
        fmt::format("{} is too long: a Unix socket's path holds {} bytes, and this would "
                    "take {}. Choose a shorter folder with --data.",
                    folder.path(), sizeof(sockaddr_un::sun_path) - 1, socket.size()));
  }
  if (user_ && !MayReach(home_, *user_)) {
    return absl::FailedPreconditionError(
        fmt::format("the user {}, whom PostgreSQL runs as, cannot reach {}: choose "
                    "another folder with "
                    "--data, or let others pass (chmod o+x) in those above it",
                    user_->name, home_));
  }
  return absl::OkStatus();
}

absl::Status DevPostgres::InitDb(const DataFolder& folder, Supervisor* supervisor) {
  const std::string data = home_ + "/data";
  std::error_code error;
  if (fs::exists(data + "/PG_VERSION", error)) {
    std::string version;
    std::getline(std::ifstream(data + "/PG_VERSION"), version);
    if (version == kVersion) return absl::OkStatus();
    return absl::FailedPreconditionError(
        fmt::format("{} was made by PostgreSQL {}, and this needs {}: choose another "
                    "folder with --data",
                    data, version, kVersion));
  }
  // Under another name until it is whole: one that was interrupted is made again.
  const std::string fresh = home_ + "/data.new";
  fs::remove_all(fresh, error);
  ChildOptions initdb{.name = "initdb", .user = user_};
  initdb.argv = {programs_ + "/initdb",
                 "-D",
                 fresh,
                 "-U",
                 kDatabaseUser,
                 "--locale=C.UTF-8",
                 "--encoding=UTF8",
                 "--auth=trust"};
  initdb.env = {{"LC_ALL", "C.UTF-8"}};
  WINDROW_ASSIGN_OR_RETURN(initdb.log_file, folder.FreshLog("initdb"));
  WINDROW_RETURN_IF_ERROR(supervisor->RunToEnd(std::move(initdb), absl::Minutes(2)));
  if (::rename(fresh.c_str(), data.c_str()) != 0) return Failed(data, "made");
  return absl::OkStatus();
}

// Where the last run was killed, its server may still be on its way out.
absl::Status DevPostgres::AwaitPredecessor(Supervisor* supervisor) const {
  const std::string file = home_ + "/data/postmaster.pid";
  return supervisor->WaitUntil(
      fmt::format("the PostgreSQL of the last run to end (see {})", file),
      absl::Seconds(30), [&] {
        pid_t pid = 0;
        std::ifstream(file) >> pid;
        // After a reboot the number may be another program's.
        std::string program;
        std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)), program);
        return program != "postgres";
      });
}

absl::Status DevPostgres::StartServer(const DataFolder& folder, Supervisor* supervisor) {
  ChildOptions server{.name = "PostgreSQL", .user = user_};
  server.argv = {programs_ + "/postgres",
                 "-D",
                 home_ + "/data",
                 "-k",
                 home_ + "/socket",
                 "-c",
                 "listen_addresses=",
                 "-c",
                 "unix_socket_permissions=0700",
                 "-c",
                 "logging_collector=off",
                 "-c",
                 "log_destination=stderr"};
  server.env = {{"LC_ALL", "C.UTF-8"}};
  server.stop_signal = SIGINT;  // "fast": sessions are ended, a checkpoint is written
  server.stop_group = false;
  WINDROW_ASSIGN_OR_RETURN(server.log_file, folder.FreshLog("postgres"));
  WINDROW_RETURN_IF_ERROR(supervisor->Start(std::move(server)));
  return supervisor->WaitUntil("PostgreSQL to answer", absl::Minutes(1), [&] {
    return Connection::Open({.url = UrlOf("postgres")}).ok();
  });
}

absl::Status DevPostgres::MakeDatabase() const {
  WINDROW_ASSIGN_OR_RETURN(const auto connection,
                           Connection::Open({.url = UrlOf("postgres")}));
  WINDROW_ASSIGN_OR_RETURN(
      const store::postgres::Result found,
      connection->RunText(
          fmt::format("SELECT 1 FROM pg_database WHERE datname = '{}'", kDatabase)));
  if (found.rows() > 0) return absl::OkStatus();
  return connection->RunScript(fmt::format("CREATE DATABASE {}", kDatabase));
}

}  // namespace windrow::cli
