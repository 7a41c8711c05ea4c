// Filling a page whose records may be large.
#pragma once

#include <absl/status/statusor.h>

#include <algorithm>
#include <cstddef>

#include "common/base/status.h"
#include "common/store/list_fields.h"
#include "services/control_plane/page_token.h"

namespace windrow::control_plane {

// Puts up to `size` records into an answer, fewer where they fill kMaxPageBytes, or where
// store::kMostExamined were looked at for them. Answers whether there may be more behind
// what was put.
//
//   fetch(limit, examine)  the next records, as StatusOr of a page, whose list `records`
//                          is; it looks at no more than `examine` for them, where it
//                          has to look
//   put(record)            adds one, and moves the position behind it; answers its bytes
//   skip(page)             all of the page was put: moves the position behind what it
//                          looked at
//
// At most `chunk` records are in memory at once, however small those before them were: a
// page of 1,000 records of 1 MiB never is.
template <typename Page, typename Record, typename Fetch, typename Put, typename Skip>
absl::StatusOr<bool> FillPage(int size, int chunk, std::vector<Record> Page::*records,
                              Fetch fetch, Put put, Skip skip) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  int examine = store::kMostExamined;
  const auto most = static_cast<std::size_t>(chunk);
  const auto wanted = static_cast<std::size_t>(size);
  std::size_t limit = std::min(most, wanted);
  while (true) {
    WINDROW_ASSIGN_OR_RETURN(Page page, fetch(static_cast<int>(limit), examine));
    std::size_t put_of_page = 0;
    for (Record& record : page.*records) {
      if (bytes >= kMaxPageBytes) break;
      bytes += put(record);
      ++put_of_page;
    }
    count += put_of_page;
    if (put_of_page < (page.*records).size()) return true;
    skip(page);
    if constexpr (requires { page.examined; }) examine -= page.examined;
    if (!page.more) return false;
    if (count >= wanted || bytes >= kMaxPageBytes || examine <= 0) return true;
    const std::size_t average =
        std::max<std::size_t>(bytes / std::max<std::size_t>(count, 1), 1);
    limit = std::min({most, wanted - count, (kMaxPageBytes - bytes) / average + 1});
  }
}

}  // namespace windrow::control_plane
