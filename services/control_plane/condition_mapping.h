// Conditions between the API and the domain.
#pragma once

#include <string>

#include "common/base/status.h"
#include "common/domain/condition.h"
#include "windrow/v1/condition.pb.h"

namespace windrow::control_plane {

// Adds violations under `path` for what the domain's types cannot hold: an operator that
// is not known. The other rules are domain::Validate's.
domain::ConditionSpec ConditionFromProto(const v1::Condition& proto,
                                         const std::string& path, Violations* violations);

void ConditionToProto(const domain::ConditionSpec& spec, v1::Condition* proto);

void VerdictToProto(const domain::ConditionVerdict& verdict, v1::ConditionVerdict* proto);

}  // namespace windrow::control_plane
