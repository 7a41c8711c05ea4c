// Who calls. Without access control everybody is the default tenant.
#pragma once

#include "common/store/types.h"

namespace windrow::control_plane {

struct Caller {
  store::TenantId tenant = store::kDefaultTenant;
};

}  // namespace windrow::control_plane
