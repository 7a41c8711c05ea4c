// Flags of lists that become an AIP-160 filter.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace windrow::cli {

struct FilterFlags {
  std::vector<std::string> filters;  // of --filter, as they are
  std::vector<std::string> terms;    // of the other flags
  // All of them joined by AND; --filter first, so that positions in errors are its own.
  std::string Joined() const;
};

// `flag VALUE` becomes `field = "VALUE"`, meaning exactly that text.
void AddFilterText(CLI::App* app, const std::string& flag, const std::string& field,
                   const std::string& help, FilterFlags* filter);
// --filter, in the API's words. `example` is for the help.
void AddFilter(CLI::App* app, const std::string& example, FilterFlags* filter);
// --since and --until, each a time or an age ("1h"), over `field`.
void AddFilterTimes(CLI::App* app, const std::string& field, FilterFlags* filter);

}  // namespace windrow::cli
