#include "common/domain/ordering.h"

#include <fmt/format.h>

namespace windrow::domain {

std::string OrderKey(Ordering ordering, std::string_view object_type,
                     std::string_view object_id) {
  switch (ordering) {
    case Ordering::kNone:
      break;
    case Ordering::kPerObject:
      return fmt::format("object/{}/{}", object_type, object_id);
    case Ordering::kPerWebhook:
      return "webhook";
  }
  return {};
}

}  // namespace windrow::domain
