// Who calls. Without access control everybody is the default tenant.
#pragma once

#include <string>

#include "common/store/types.h"

namespace windrow::control_plane {

struct Caller {
  store::TenantId tenant = store::kDefaultTenant;
  std::string name = "anonymous";  // for the record of changes
};

}  // namespace windrow::control_plane
