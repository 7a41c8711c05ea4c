#include "cli/list_limit.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

namespace windrow::cli {

void AddListLimit(CLI::App* app, ListLimit* limit) {
  app->add_option("--limit", limit->count, "show at most so many; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

int PageCounter::NextSize() {
  if (all_) return largest_page_;
  return static_cast<int>(std::min<std::int64_t>(left_, largest_page_));
}

bool PageCounter::More(const std::string& next_page_token, int got) {
  left_ -= got;
  rest_ = !next_page_token.empty() && !all_ && left_ <= 0;
  return !next_page_token.empty() && (all_ || left_ > 0);
}

void PageCounter::TellRest(const Session& session) const {
  if (rest_) session.err << "There are more; --limit shows them.\n";
}

}  // namespace windrow::cli
