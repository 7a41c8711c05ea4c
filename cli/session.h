// What every verb is given: the global options and the streams.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

#include "cli/exit_code.h"

namespace windrow::cli {

enum class OutputFormat : std::uint8_t { kTable, kJson, kJsonLines };

struct Session {
  std::string server = "127.0.0.1:7470";
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
