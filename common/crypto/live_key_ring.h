// A key ring that follows its file, so that a program learns a new key while it runs.
#pragma once

#include <absl/status/statusor.h>
#include <sys/stat.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "common/crypto/key_ring.h"

namespace windrow::crypto {

// Thread-safe.
class LiveKeyRing {
 public:
  // One that never changes.
  explicit LiveKeyRing(KeyRing ring);
  // The ring at `path`, as Follow; where that is empty the one in `text`.
  static absl::StatusOr<std::shared_ptr<LiveKeyRing>> Load(const std::string& path,
                                                           const std::string& text);
  // The ring in a file: read now, and again whenever the file has changed since (its
  // inode, size or time of change). A file that cannot be read or parsed meanwhile leaves
  // the ring as it was, with one line in the log for each change. Errors as
  // KeyRing::Load.
  static absl::StatusOr<std::unique_ptr<LiveKeyRing>> Follow(const std::string& path);

  // The newest ring.
  std::shared_ptr<const KeyRing> Current();

  // As KeyRing's, of the newest ring. A box whose key is missing has the file read once
  // more, whatever its time of change says, before it is refused.
  std::string Seal(std::string_view plain, std::string_view associated);
  absl::StatusOr<std::string> Open(std::string_view box, std::string_view associated);

 private:
  LiveKeyRing(std::string path, KeyRing ring, const struct stat& seen);
  // `always`: also where the file looks the same.
  std::shared_ptr<const KeyRing> Read(bool always);

  const std::string path_;  // empty: none
  std::mutex mutex_;
  std::shared_ptr<const KeyRing> ring_;
  struct stat seen_ {};  // of the file as it was read last
};

}  // namespace windrow::crypto
