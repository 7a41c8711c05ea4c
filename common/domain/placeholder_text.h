// Texts that hold `{{path}}` among their characters: each is a field of an event
// (field_path.h). White space within the braces does not count.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/domain/field_path.h"

namespace windrow::domain {

struct PlaceholderText {
  struct Field {
    FieldPath path;
    std::string behind;  // the text up to the next placeholder
  };

  // INVALID_ARGUMENT where braces do not close, or a path is not one; with the place.
  static absl::StatusOr<PlaceholderText> Parse(std::string_view text);

  std::string head;  // the text before the first placeholder
  std::vector<Field> fields;
};

}  // namespace windrow::domain
