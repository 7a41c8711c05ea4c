// A condition as a flag's value.
#pragma once

#include <absl/status/statusor.h>

#include <string>

#include "windrow/v1/condition.pb.h"

namespace windrow::cli {

// JSON where it begins with {"…, else YAML (condition_yaml.h); "@FILE": what the file
// holds, in either form. Errors name the place.
absl::StatusOr<v1::Condition> ConditionFromFlag(const std::string& text);

}  // namespace windrow::cli
