// Who calls.
#pragma once

#include <memory>
#include <string>

#include "common/domain/access.h"
#include "common/store/types.h"
#include "services/control_plane/key_pace.h"

namespace windrow::control_plane {

struct Caller {
  store::TenantId tenant = store::kDefaultTenant;
  domain::Scope scope = domain::Scope::kAdmin;
  // For the record of changes: "api_key:<key id>", "certificate:<name>", or "anonymous"
  // of loopback while there is no key.
  std::string name = "anonymous";
  std::string key_id;             // of either kind; empty: anonymous
  std::shared_ptr<KeyPace> pace;  // null: no limit
};

}  // namespace windrow::control_plane
