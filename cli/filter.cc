#include "cli/filter.h"

#include <absl/time/clock.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/flag_types.h"

namespace windrow::cli {
namespace {

void AddTime(CLI::App* app, const std::string& flag, const std::string& comparison,
             const std::string& help, FilterFlags* filter) {
  app->add_option_function<std::string>(
         flag,
         [=](const std::string& text) {
           const std::optional<absl::Time> time = ParseTimeOrAge(text, absl::Now());
           if (!time) {
             throw CLI::ValidationError(
                 flag, fmt::format("'{}' is neither a time such as 2026-11-25T10:00:00Z "
                                   "nor an age such as 1h",
                                   text));
           }
           filter->terms.push_back(fmt::format("{} \"{}\"", comparison, TimeText(*time)));
         },
         help)
      ->type_name("TIME|AGE");
}

}  // namespace

std::string FilterFlags::Joined() const {
  return fmt::format("{}", fmt::join(terms, " AND "));
}

std::string QuotedForFilter(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

void AddFilterText(CLI::App* app, const std::string& flag, const std::string& field,
                   const std::string& help, FilterFlags* filter) {
  app->add_option_function<std::string>(
      flag,
      [filter, field](const std::string& text) {
        filter->terms.push_back(field + " = " + QuotedForFilter(text));
      },
      help);
}

void AddFilterTimes(CLI::App* app, const std::string& field, FilterFlags* filter) {
  AddTime(app, "--since", field + " >=", "not before", filter);
  AddTime(app, "--until", field + " <", "before", filter);
  app->add_option_function<std::string>(
      "--filter", [filter](const std::string& text) { filter->terms.push_back(text); },
      "comparisons joined by AND, as the API takes them");
}

}  // namespace windrow::cli
