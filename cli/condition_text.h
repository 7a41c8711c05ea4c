// Conditions as people write them on the command line, in JSON:
//   {"all": [c, …]}   {"any": [c, …]}   {"not": c}
//   {"test": "changed_to", "path": "object.status", "values": ["Closed"],
//    "ignore_case": true}
#pragma once

#include <absl/status/statusor.h>

#include <optional>
#include <string>
#include <string_view>

#include "windrow/v1/condition.pb.h"

namespace windrow::cli {

// Errors name the place. Values are taken byte for byte. Rules of conditions are the
// server's to check.
absl::StatusOr<v1::Condition> ConditionFromText(std::string json);

// In that form, on one line. Empty where there is no condition.
std::string ConditionText(const v1::Condition& condition);

// "changed_to" of TEST_OPERATOR_CHANGED_TO, and back.
std::string OperatorText(v1::TestOperator number);
std::optional<v1::TestOperator> OperatorFromText(std::string_view text);

// One test: `object.status changed_to "Closed"`.
std::string TestText(const v1::ConditionTest& test);

}  // namespace windrow::cli
