// A field whose value was chosen from a list: {"id": 9, "name": "Closed"}.
#pragma once

#include <optional>

#include "common/json/document.h"

namespace windrow::domain {

struct SingleSelect {
  json::Value id;
  json::Value name;
};

// An object of exactly an id and a name, in any order, both scalars; none for any other
// value. Repeated keys were refused when the event came in.
std::optional<SingleSelect> AsSingleSelect(const json::Value& value);

}  // namespace windrow::domain
