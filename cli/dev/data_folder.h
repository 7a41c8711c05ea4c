// What `windrow dev` keeps between two runs:
//
//   lock             held while it runs
//   key_ring         encrypts secrets in the database
//   receiver_secret  what the demo's webhook is signed with
//   log/             postgres.log, server.log, worker.log of this run; *.log.1 of the
//   last postgres/        the database; see postgres.h
#pragma once

#include <absl/status/statusor.h>

#include <string>

namespace windrow::cli {

class DataFolder {
 public:
  // Makes the folder where there is none. FAILED_PRECONDITION where another `windrow
  // dev` holds it, or where it holds something else.
  static absl::StatusOr<DataFolder> Open(const std::string& path);
  // $XDG_DATA_HOME/windrow-dev, else ~/.local/share/windrow-dev.
  static absl::StatusOr<std::string> DefaultPath();

  ~DataFolder();
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&&) = delete;

  const std::string& path() const { return path_; }
  std::string key_ring_file() const { return path_ + "/key_ring"; }
  // Made once, then always the same.
  absl::Status EnsureKeyRing() const;
  absl::StatusOr<std::string> ReceiverSecret() const;
  // An empty log file; the one of the last run is kept beside it.
  absl::StatusOr<std::string> FreshLog(const std::string& name) const;

 private:
  DataFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

// Writes `text` to a file that only its owner may read, whole or not at all.
absl::Status WritePrivateFile(const std::string& path, const std::string& text);

}  // namespace windrow::cli
