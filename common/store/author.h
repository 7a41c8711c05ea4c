// Who changes something: what the audit log is told.
#pragma once

#include <string>
#include <utility>

#include "common/store/types.h"

namespace windrow::store {

// Of what nobody asked for, such as a webhook that is disabled because it failed.
inline constexpr char kOwnName[] = "windrow";
// Of what was done over the database, without the API.
inline constexpr char kOperatorName[] = "operator";

// A tenant, and somebody in its name. A tenant alone is Windrow itself.
struct Author {
  Author(TenantId of) : tenant(of) {}  // NOLINT(google-explicit-constructor): see above
  Author(TenantId of, std::string by) : tenant(of), name(std::move(by)) {}

  TenantId tenant = 0;
  std::string name = kOwnName;  // "api_key:…", "certificate:…", "anonymous"
};

}  // namespace windrow::store
