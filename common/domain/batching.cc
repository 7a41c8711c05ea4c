#include "common/domain/batching.h"

#include <fmt/format.h>

#include <algorithm>

namespace windrow::domain {
namespace {

constexpr std::size_t kBrackets = 2;
constexpr std::size_t kComma = 1;

// Bytes of the body once an item of `size` bytes has joined it.
std::size_t BytesWith(const Fill& fill, std::size_t size) {
  return fill.items == 0 ? kBrackets + size : fill.bytes + kComma + size;
}

}  // namespace

std::string GroupKey(BatchMode mode, std::int32_t notification_id,
                     std::string_view event_type) {
  switch (mode) {
    case BatchMode::kNone:
      break;
    case BatchMode::kSameEvent:
      return fmt::format("n:{}", notification_id);
    case BatchMode::kSameEventType:
      return fmt::format("t:{}", event_type);
    case BatchMode::kAny:
      return "any";
  }
  return {};
}

std::vector<Segment> SplitIntoWindows(const Fill& fill,
                                      std::span<const std::size_t> sizes, int max_items) {
  std::vector<Segment> segments;
  if (sizes.empty()) return segments;
  const int most = std::max(max_items, 1);
  Fill window = fill;
  Segment current{.into_open = fill.items > 0};
  for (int i = 0; i < static_cast<int>(sizes.size()); ++i) {
    const bool fits = window.items == 0 || (window.items < most &&
                                            BytesWith(window, sizes[i]) <= kMaxBodyBytes);
    if (!fits) {
      current.closes = true;
      segments.push_back(current);
      current = {.first = i};
      window = {};
    }
    window.bytes = BytesWith(window, sizes[i]);
    ++window.items;
    ++current.count;
  }
  // A window in which no further item has room would only wait for its time.
  current.closes = window.items >= most || window.bytes >= kMaxBodyBytes;
  segments.push_back(current);
  return segments;
}

}  // namespace windrow::domain
