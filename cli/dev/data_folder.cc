#include "cli/dev/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "common/base/status.h"
#include "common/crypto/key_ring.h"
#include "common/crypto/standard_webhooks.h"

namespace windrow::cli {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(const std::string& path, const std::string& what) {
  return absl::FailedPreconditionError(
      fmt::format("{} cannot be {}: {}", path, what, std::strerror(errno)));
}

absl::Status CheckIsOurs(const std::string& path) {
  std::error_code error;
  const bool empty = fs::is_empty(path, error);
  if (error) {
    return absl::FailedPreconditionError(
        fmt::format("{} cannot be read: {}", path, error.message()));
  }
  if (empty || fs::exists(path + "/lock", error)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("{} holds something else than Windrow's data; choose an empty or a new "
                  "folder with --data",
                  path));
}

absl::StatusOr<int> Lock(const std::string& path) {
  const std::string file = path + "/lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(file, "opened");
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
    const std::string pid = fmt::format("{}\n", ::getpid());
    (void)!::ftruncate(fd, 0);
    (void)!::write(fd, pid.data(), pid.size());
    return fd;
  }
  const absl::Status other =
      errno == EWOULDBLOCK ? absl::OkStatus() : Failed(file, "locked");
  ::close(fd);
  WINDROW_RETURN_IF_ERROR(other);
  std::string holder;
  std::getline(std::ifstream(file), holder);
  return absl::FailedPreconditionError(
      fmt::format("{} is in use by another `windrow dev`, process {}. Stop that one, or "
                  "choose another folder with --data.",
                  path, holder.empty() ? "unknown" : holder));
}

}  // namespace

absl::Status WritePrivateFile(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  const int fd =
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Failed(fresh, "written");
  const bool written =
      ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(fd) == 0;
  const absl::Status status = written ? absl::OkStatus() : Failed(fresh, "written");
  ::close(fd);
  WINDROW_RETURN_IF_ERROR(status);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return Failed(path, "written");
  return absl::OkStatus();
}

absl::StatusOr<std::string> DataFolder::DefaultPath() {
  const char* data_home = std::getenv("XDG_DATA_HOME");
  if (data_home != nullptr && *data_home == '/') {
    return std::string(data_home) + "/windrow-dev";
  }
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') {
    return std::string(home) + "/.local/share/windrow-dev";
  }
  return absl::FailedPreconditionError("HOME is not set: say --data FOLDER");
}

absl::StatusOr<DataFolder> DataFolder::Open(const std::string& path) {
  std::error_code error;
  const std::string whole = fs::absolute(path, error).lexically_normal().string();
  const bool is_new = fs::create_directories(whole, error);
  if (error) {
    return absl::FailedPreconditionError(
        fmt::format("{} cannot be made: {}", whole, error.message()));
  }
  // Where this runs as root, PostgreSQL's user must pass through, to its own folder.
  const mode_t mode = ::geteuid() == 0 ? 0711 : 0700;
  if (is_new && ::chmod(whole.c_str(), mode) != 0) return Failed(whole, "made private");
  WINDROW_RETURN_IF_ERROR(CheckIsOurs(whole));
  WINDROW_ASSIGN_OR_RETURN(const int lock, Lock(whole));
  DataFolder folder(whole, lock);
  if (::mkdir((whole + "/log").c_str(), 0700) != 0 && errno != EEXIST) {
    return Failed(whole + "/log", "made");
  }
  return folder;
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

DataFolder::~DataFolder() {
  if (lock_ >= 0) ::close(lock_);
}

absl::Status DataFolder::EnsureKeyRing() const {
  std::error_code error;
  if (fs::exists(key_ring_file(), error)) {
    return crypto::KeyRing::Load(key_ring_file()).status();
  }
  return WritePrivateFile(key_ring_file(), crypto::KeyRing::GenerateText());
}

absl::StatusOr<std::string> DataFolder::ReceiverSecret() const {
  const std::string file = path_ + "/receiver_secret";
  std::string secret;
  std::getline(std::ifstream(file), secret);
  if (!secret.empty()) {
    WINDROW_RETURN_IF_ERROR(crypto::SigningKey::Parse(secret).status());
    return secret;
  }
  secret = crypto::SigningKey::Generate().ToSecret();
  WINDROW_RETURN_IF_ERROR(WritePrivateFile(file, secret + "\n"));
  return secret;
}

absl::StatusOr<std::string> DataFolder::FreshLog(const std::string& name) const {
  const std::string file = fmt::format("{}/log/{}.log", path_, name);
  if (::rename(file.c_str(), (file + ".1").c_str()) != 0 && errno != ENOENT) {
    return Failed(file, "renamed");
  }
  return file;
}

}  // namespace windrow::cli
