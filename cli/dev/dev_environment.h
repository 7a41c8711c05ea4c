// A whole Windrow on this machine: PostgreSQL, server, worker, receiver.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace windrow::cli {

struct DevOptions {
  std::string data;  // empty: DataFolder::DefaultPath
  std::string listen = "127.0.0.1:7470";
  std::string receiver_listen = "127.0.0.1:7490";
  std::string server_ops;  // empty: 127.0.0.1:7471, or a free port where listen has 0
  std::string worker_ops;  // empty: 127.0.0.1:7472, or likewise
  std::vector<std::string> allow_addresses;  // beside the receiver's
  std::string receiver_command;              // empty: the sample receiver
  bool no_receiver = false;
  std::string ready_file;
};

// Runs until a signal asks it to stop (0), or something fails (1).
int RunDev(const Session& session, const DevOptions& options);

}  // namespace windrow::cli
