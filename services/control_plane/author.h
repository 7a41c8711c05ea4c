// A caller as storage is told of it.
#pragma once

#include "common/store/author.h"
#include "services/control_plane/caller.h"

namespace windrow::control_plane {

inline store::Author AuthorOf(const Caller& caller) {
  return {caller.tenant, caller.name};
}

}  // namespace windrow::control_plane
