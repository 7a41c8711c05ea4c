// What every verb is given: the global options and the streams.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

#include "cli/exit_code.h"

namespace windrow::cli {

// What the server is shown, and what it must show.
struct ServerCredentials {
  std::string api_key;    // windrow_…, or @FILE with it; empty: none
  bool tls = false;       // also where one of the files is given
  std::string ca_file;    // PEM; empty: the system's authorities
  std::string cert_file;  // PEM, of this client, with its chain
  std::string key_file;
  // What was in the files, once LoadCredentials has read them.
  std::string ca, cert, key;
};

enum class OutputFormat : std::uint8_t { kTable, kJson, kJsonLines };

struct Session {
  std::string server = "127.0.0.1:7470";
  ServerCredentials credentials;
  OutputFormat output = OutputFormat::kTable;
  absl::Duration timeout = absl::Seconds(30);  // of one call; streams have none
  std::istream& in;
  std::ostream& out;  // data
  std::ostream& err;  // the rest
  // What the chosen verb does; set while the arguments are parsed, run once they are
  // all understood.
  std::function<int()> action;
};

}  // namespace windrow::cli
