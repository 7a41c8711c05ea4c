// Flags of lists that become an AIP-160 filter.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace windrow::cli {

struct FilterFlags {
  std::vector<std::string> terms;
  // The terms joined by AND.
  std::string Joined() const;
};

// `flag VALUE` becomes `field = "VALUE"`.
void AddFilterText(CLI::App* app, const std::string& flag, const std::string& field,
                   const std::string& help, FilterFlags* filter);
// --since and --until, each a time or an age ("1h"), over `field`; and --filter, a term
// as the API takes it.
void AddFilterTimes(CLI::App* app, const std::string& field, FilterFlags* filter);

// `"text"` with quotes and backslashes escaped.
std::string QuotedForFilter(const std::string& text);

}  // namespace windrow::cli
