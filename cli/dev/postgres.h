// A private PostgreSQL in the data folder: reached over a Unix socket that only its user
// (and root) can open, so nothing else of this machine gets in. fsync stays on.
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>

#include "cli/dev/child_process.h"
#include "cli/dev/data_folder.h"
#include "cli/dev/supervisor.h"

namespace windrow::cli {

class DevPostgres {
 public:
  // Makes the cluster where there is none (initdb), starts the server, waits until it
  // answers, and makes the database. The server is stopped by `supervisor`. Errors name
  // the way out: a package to install, a folder that PostgreSQL's user cannot reach.
  static absl::StatusOr<DevPostgres> Start(const DataFolder& folder,
                                           Supervisor* supervisor);

  // For --database-url.
  std::string url() const { return UrlOf("windrow"); }

 private:
  DevPostgres() = default;
  absl::Status FindPrograms();
  absl::Status PrepareFolder(const DataFolder& folder);
  absl::Status InitDb(const DataFolder& folder, Supervisor* supervisor);
  absl::Status AwaitPredecessor(Supervisor* supervisor) const;
  absl::Status StartServer(const DataFolder& folder, Supervisor* supervisor);
  absl::Status MakeDatabase() const;
  std::string UrlOf(const std::string& database) const;

  std::string programs_;         // the folder with initdb and postgres
  std::optional<UserIds> user_;  // where this runs as root
  std::string home_;             // data/ and socket/
};

}  // namespace windrow::cli
