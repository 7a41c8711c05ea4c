#include "cli/filter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "cli/flag_types.h"
#include "common/filter/expression.h"

namespace windrow::cli {
namespace {

void AddTime(CLI::App* app, const std::string& flag, const std::string& comparison,
             const std::string& help, FilterFlags* filter) {
  AddTimeOrAge(
      app, flag,
      [=](absl::Time time) {
        filter->terms.push_back(fmt::format("{} \"{}\"", comparison, TimeText(time)));
      },
      help);
}

}  // namespace

std::string FilterFlags::Joined() const {
  std::vector<std::string> all = filters;
  all.insert(all.end(), terms.begin(), terms.end());
  return fmt::format("{}", fmt::join(all, " AND "));
}

void AddFilterText(CLI::App* app, const std::string& flag, const std::string& field,
                   const std::string& help, FilterFlags* filter) {
  app->add_option_function<std::string>(
      flag,
      [filter, field](const std::string& text) {
        filter->terms.push_back(field + " = " + filter::Quoted(text));
      },
      help);
}

void AddFilter(CLI::App* app, const std::string& example, FilterFlags* filter) {
  app->add_option_function<std::string>(
         "--filter",
         [filter](const std::string& text) { filter->filters.push_back(text); },
         fmt::format(
             "AIP-160, such as {}; docs/guide/filters.md has the language and the "
             "fields",
             example))
      ->type_name("FILTER");
}

void AddFilterTimes(CLI::App* app, const std::string& field, FilterFlags* filter) {
  AddTime(app, "--since", field + " >=", "not before", filter);
  AddTime(app, "--until", field + " <", "before", filter);
}

}  // namespace windrow::cli
