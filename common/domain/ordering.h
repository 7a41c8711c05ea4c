// In which order the deliveries of a webhook go (product.md, section 1: ordering).
//
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace windrow::domain {

enum class Ordering : std::uint8_t {
  kNone = 0,        // any
  kPerObject = 1,   // one at a time for each object, in the order of its events
  kPerWebhook = 2,  // one at a time, in the order of events
};

// Names the deliveries of a webhook that go one after another: those whose first event
// has this object. Empty: any time. sql/requeue_finished.sql makes the same.
std::string OrderKey(Ordering ordering, std::string_view object_type,
                     std::string_view object_id);

}  // namespace windrow::domain
