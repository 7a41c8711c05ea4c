// SplitIntoWindows against the rules themselves, told slowly.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <vector>

#include "common/domain/batching.h"

namespace windrow::domain {
namespace {

struct Input {
  Fill fill;
  std::vector<std::size_t> sizes;
  int max_items;
};

rc::Gen<std::size_t> AnySize() {
  return rc::gen::weightedOneOf<std::size_t>(
      {{8, rc::gen::inRange<std::size_t>(200, 2'000)},
       {3, rc::gen::inRange<std::size_t>(50'000, 600'000)},
       // Two of these, or one, meet the cap to the byte.
       {3, rc::gen::inRange<std::size_t>(kMaxBodyBytes / 2 - 4, kMaxBodyBytes / 2 + 2)},
       {1, rc::gen::inRange<std::size_t>(kMaxBodyBytes - 4, kMaxBodyBytes + 3)}});
}

Input AnyInput() {
  Input input;
  input.max_items = *rc::gen::oneOf(rc::gen::inRange(1, 12), rc::gen::inRange(1, 1'001));
  input.fill.items = *rc::gen::inRange(0, input.max_items + 1);
  if (input.fill.items > 0) {
    const std::size_t least = 2 + 201u * input.fill.items;
    input.fill.bytes = *rc::gen::inRange(least, kMaxBodyBytes + least);
  }
  input.sizes = *rc::gen::container<std::vector<std::size_t>>(AnySize());
  return input;
}

std::size_t BodyBytes(const std::vector<std::size_t>& items) {
  return 2 + std::accumulate(items.begin(), items.end(), std::size_t{0}) +
         (items.empty() ? 0 : items.size() - 1);
}

// A window by its items' sizes. What was open is one item of as many bytes.
struct Window {
  std::vector<std::size_t> sizes;
  int items_before = 0;
  bool closed = false;

  int items() const {
    return items_before > 0 ? items_before + static_cast<int>(sizes.size()) - 1
                            : static_cast<int>(sizes.size());
  }
};

Window OpenWindow(const Fill& fill) {
  if (fill.items == 0) return {};
  return {.sizes = {fill.bytes - 2}, .items_before = fill.items};
}

// The windows, from the rules: an item joins the last window while that is not closed,
// has fewer items than allowed and stays within the cap; else it opens the next.
std::vector<Window> Model(const Input& input) {
  std::vector<Window> windows = {OpenWindow(input.fill)};
  for (const std::size_t size : input.sizes) {
    std::vector<std::size_t> with = windows.back().sizes;
    with.push_back(size);
    const bool empty = windows.back().sizes.empty();
    if (!empty &&
        (windows.back().items() >= input.max_items || BodyBytes(with) > kMaxBodyBytes)) {
      windows.back().closed = true;
      windows.push_back({.sizes = {size}});
    } else {
      windows.back().sizes = with;
    }
  }
  Window& last = windows.back();
  last.closed = last.items() >= input.max_items || BodyBytes(last.sizes) >= kMaxBodyBytes;
  return windows;
}

RC_GTEST_PROP(SplitIntoWindowsProperty, DoesWhatTheModelDoes, ()) {
  const Input input = AnyInput();
  RC_PRE(!input.sizes.empty());
  const std::vector<Window> windows = Model(input);
  const std::vector<Segment> segments =
      SplitIntoWindows(input.fill, input.sizes, input.max_items);
  RC_ASSERT(segments.size() == windows.size());
  int first = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool open = windows[i].items_before > 0;
    const int count = static_cast<int>(windows[i].sizes.size()) - (open ? 1 : 0);
    RC_ASSERT(segments[i].first == first);
    RC_ASSERT(segments[i].count == count);
    RC_ASSERT(segments[i].into_open == open);
    RC_ASSERT(segments[i].closes == windows[i].closed);
    first += count;
  }
}

RC_GTEST_PROP(SplitIntoWindowsProperty, KeepsTheLimitsLosesNothingAndKeepsOrder, ()) {
  const Input input = AnyInput();
  const std::vector<Segment> segments =
      SplitIntoWindows(input.fill, input.sizes, input.max_items);
  int next = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& segment = segments[i];
    RC_ASSERT(segment.first == next);
    next += segment.count;
    RC_ASSERT(!segment.into_open || (i == 0 && input.fill.items > 0));
    RC_ASSERT(segment.closes || i + 1 == segments.size());
    RC_ASSERT(segment.count > 0 || (segment.into_open && segment.closes));
    if (segment.count == 0) continue;
    Window window = segment.into_open ? OpenWindow(input.fill) : Window{};
    window.sizes.insert(window.sizes.end(), input.sizes.begin() + segment.first,
                        input.sizes.begin() + next);
    RC_ASSERT(window.items() <= input.max_items);
    RC_ASSERT(BodyBytes(window.sizes) <= kMaxBodyBytes || window.items() == 1);
  }
  RC_ASSERT(next == static_cast<int>(input.sizes.size()));
}

}  // namespace
}  // namespace windrow::domain
