// How items become windows (product.md, section 4).
//
// Pure: what is open and what is new go in, what to append, close and open comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/webhook.h"

namespace windrow::domain {

// Names the group that an item joins within its webhook: "any", "n:<notification_id>" or
// "t:<event type>". Empty where batching is kNone.
std::string GroupKey(BatchMode mode, std::int32_t notification_id,
                     std::string_view event_type);

// What a window holds: items, and bytes of its body so far (items, commas, brackets). No
// items: no window is open.
struct Fill {
  int items = 0;
  std::size_t bytes = 0;
};

// One run of consecutive items that go into the same window.
struct Segment {
  int first = 0;  // index into the sizes given
  int count = 0;
  bool into_open = false;  // the window that was open; else a new one
  bool closes = false;     // full: due at once. Only the last segment may stay open

  bool operator==(const Segment&) const = default;
};

// Splits `sizes` (bytes of each new item, in order) over the open window (`fill`) and new
// ones: at most `max_items` items and kMaxBodyBytes bytes each, where a body is the
// items, a comma between them and two brackets. An item over the byte cap goes alone. A
// segment of count 0 with into_open and closes means: the open window has no room, close
// it.
std::vector<Segment> SplitIntoWindows(const Fill& fill,
                                      std::span<const std::size_t> sizes, int max_items);

}  // namespace windrow::domain
