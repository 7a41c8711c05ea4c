#include "cli/key_ring_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>

#include "cli/flag_types.h"
#include "common/base/status.h"
#include "common/crypto/key_ring.h"

namespace windrow::cli {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(const std::string& path, const char* what) {
  return absl::FailedPreconditionError(
      fmt::format("{} cannot be {}: {}", path, what, std::strerror(errno)));
}

bool WriteAll(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<std::size_t>(wrote);
  }
  return ::fsync(fd) == 0;
}

// A power cut leaves the old file or the new one.
absl::Status Replace(const std::string& path, const std::string& text) {
  const std::string next = path + ".new";
  struct stat old {};
  const bool has_old = ::stat(path.c_str(), &old) == 0;
  ::unlink(next.c_str());  // of a run that was broken off
  const int fd = ::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(next, "made");
  const bool is_like_old = !has_old || (::fchown(fd, old.st_uid, old.st_gid) == 0 &&
                                        ::fchmod(fd, old.st_mode & 07777) == 0);
  const bool written = is_like_old && WriteAll(fd, text);
  const absl::Status status = written ? absl::OkStatus() : Failed(next, "written");
  ::close(fd);
  if (status.ok() && ::rename(next.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const absl::Status failed = status.ok() ? Failed(path, "replaced") : status;
  ::unlink(next.c_str());
  return failed;
}

}  // namespace

absl::StatusOr<AddedKey> AddKeyTo(const std::string& path, bool opens_only) {
  // What a link names is replaced, not the link.
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(path, error);
  if (error) {
    return absl::FailedPreconditionError(
        fmt::format("{} cannot be reached: {}", path, error.message()));
  }
  if (!fs::exists(whole, error) || fs::file_size(whole, error) == 0) {
    WINDROW_RETURN_IF_ERROR(Replace(whole.string(), crypto::KeyRing::GenerateText()));
    return AddedKey{.id = 1, .is_new_ring = true};
  }
  WINDROW_ASSIGN_OR_RETURN(std::string text, ReadTextFile(whole.string()));
  WINDROW_ASSIGN_OR_RETURN(const crypto::KeyRing ring, crypto::KeyRing::Parse(text));
  const std::uint32_t last = ring.ids().back();
  if (last == std::numeric_limits<std::uint32_t>::max()) {
    return absl::FailedPreconditionError(
        fmt::format("{} has a key of the greatest id, {}: add a line with a lower one by "
                    "hand",
                    path, last));
  }
  const std::string line = crypto::KeyRing::GenerateLine(last + 1);
  if (!text.empty() && text.back() != '\n') text += '\n';
  WINDROW_RETURN_IF_ERROR(
      Replace(whole.string(), opens_only ? text + line : line + text));
  return AddedKey{.id = last + 1};
}

}  // namespace windrow::cli
