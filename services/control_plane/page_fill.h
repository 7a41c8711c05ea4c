// Filling a page whose records may be large.
#pragma once

#include <absl/status/statusor.h>

#include <algorithm>
#include <cstddef>

#include "common/base/status.h"
#include "services/control_plane/page_token.h"

namespace windrow::control_plane {

// Puts up to `size` records into an answer, fewer where they fill kMaxPageBytes. Answers
// whether there are more behind the last one that was put.
//
//   fetch(limit)  the next records, as StatusOr of a page; `records` is its list
//   put(record)   adds one, and moves the position behind it; answers its bytes
//
// At most `chunk` records are in memory at once, however small those before them were: a
// page of 1,000 records of 1 MiB never is.
template <typename Page, typename Record, typename Fetch, typename Put>
absl::StatusOr<bool> FillPage(int size, int chunk, std::vector<Record> Page::*records,
                              Fetch fetch, Put put) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  const auto most = static_cast<std::size_t>(chunk);
  const auto wanted = static_cast<std::size_t>(size);
  std::size_t limit = std::min(most, wanted);
  while (true) {
    WINDROW_ASSIGN_OR_RETURN(Page page, fetch(static_cast<int>(limit)));
    std::size_t put_of_page = 0;
    for (Record& record : page.*records) {
      if (bytes >= kMaxPageBytes) break;
      bytes += put(record);
      ++put_of_page;
    }
    count += put_of_page;
    const bool more = page.more || put_of_page < (page.*records).size();
    if (!more || count >= wanted || bytes >= kMaxPageBytes) return more;
    const std::size_t average =
        std::max<std::size_t>(bytes / std::max<std::size_t>(count, 1), 1);
    limit = std::min({most, wanted - count, (kMaxPageBytes - bytes) / average + 1});
  }
}

}  // namespace windrow::control_plane
