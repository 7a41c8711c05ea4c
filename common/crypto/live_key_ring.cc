#include "common/crypto/live_key_ring.h"

#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"

namespace windrow::crypto {
namespace {

// All zero where it cannot be looked at.
struct stat LookAt(const std::string& path) {
  struct stat seen {};
  if (::stat(path.c_str(), &seen) != 0) seen = {};
  return seen;
}

bool LooksTheSame(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

}  // namespace

LiveKeyRing::LiveKeyRing(KeyRing ring)
    : ring_(std::make_shared<const KeyRing>(std::move(ring))) {}

LiveKeyRing::LiveKeyRing(std::string path, KeyRing ring, const struct stat& seen)
    : path_(std::move(path)),
      ring_(std::make_shared<const KeyRing>(std::move(ring))),
      seen_(seen) {}

absl::StatusOr<std::shared_ptr<LiveKeyRing>> LiveKeyRing::Load(const std::string& path,
                                                               const std::string& text) {
  if (!path.empty()) return Follow(path);
  WINDROW_ASSIGN_OR_RETURN(KeyRing ring, KeyRing::Parse(text));
  return std::make_shared<LiveKeyRing>(std::move(ring));
}

absl::StatusOr<std::unique_ptr<LiveKeyRing>> LiveKeyRing::Follow(
    const std::string& path) {
  // Looked at before it is read: what is written between the two is read again.
  const struct stat seen = LookAt(path);
  WINDROW_ASSIGN_OR_RETURN(KeyRing ring, KeyRing::Load(path));
  return std::unique_ptr<LiveKeyRing>(new LiveKeyRing(path, std::move(ring), seen));
}

std::shared_ptr<const KeyRing> LiveKeyRing::Read(bool always) {
  std::lock_guard lock(mutex_);
  if (path_.empty()) return ring_;
  const struct stat now = LookAt(path_);
  const bool same = LooksTheSame(now, seen_);
  if (same && !always) return ring_;
  absl::StatusOr<KeyRing> ring = KeyRing::Load(path_);
  seen_ = now;
  if (ring.ok()) {
    ring_ = std::make_shared<const KeyRing>(*std::move(ring));
    if (!same) Log(LogLevel::kInfo, "key_ring_read", {{"path", path_}});
  } else if (!same) {
    Log(LogLevel::kError, "key_ring_unreadable",
        {{"path", path_}, {"error", std::string(ring.status().message())}});
  }
  return ring_;
}

std::shared_ptr<const KeyRing> LiveKeyRing::Current() { return Read(/*always=*/false); }

std::string LiveKeyRing::Seal(std::string_view plain, std::string_view associated) {
  return Current()->Seal(plain, associated);
}

absl::StatusOr<std::string> LiveKeyRing::Open(std::string_view box,
                                              std::string_view associated) {
  absl::StatusOr<std::string> plain = Current()->Open(box, associated);
  if (!absl::IsFailedPrecondition(plain.status()) || path_.empty()) return plain;
  return Read(/*always=*/true)->Open(box, associated);
}

}  // namespace windrow::crypto
