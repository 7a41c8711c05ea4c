// Conditions in YAML: the form of condition_text.h, with YAML's scalars for values.
#pragma once

#include <string>

#include "cli/yaml_faults.h"
#include "cli/yaml_tree.h"
#include "windrow/v1/condition.pb.h"

namespace windrow::cli {

// `field` is the condition's path, for messages. What is wrong goes to `faults`.
void ReadCondition(const YamlNode& node, const std::string& field, v1::Condition* out,
                   YamlFaults* faults);

// Lines without a line feed at the end, each but the first behind `indent`.
std::string ConditionToYaml(const v1::Condition& condition, const std::string& indent);

}  // namespace windrow::cli
