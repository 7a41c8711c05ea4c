// How much of a list is shown: --limit, over as many pages as that takes.
#pragma once

#include <cstdint>
#include <string>

#include "cli/session.h"

namespace CLI {
class App;
}

namespace windrow::cli {

struct ListLimit {
  std::int64_t count = 100;  // 0: all
};

void AddListLimit(CLI::App* app, ListLimit* limit);

// Sizes the pages of one list.
class PageCounter {
 public:
  explicit PageCounter(const ListLimit& limit, int largest_page = 1000)
      : largest_page_(largest_page), all_(limit.count == 0), left_(limit.count) {}

  int NextSize();
  // After a page with `got` entries: whether to ask for another one.
  bool More(const std::string& next_page_token, int got);
  // A word on standard error where there was more than the limit.
  void TellRest(const Session& session) const;

 private:
  int largest_page_;
  bool all_;
  std::int64_t left_;
  bool rest_ = false;
};

}  // namespace windrow::cli
