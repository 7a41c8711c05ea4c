// What each method of the API is for.
#pragma once

#include <optional>
#include <string_view>

#include "common/domain/access.h"

namespace windrow::control_plane {

// By the method's own name ("CreateWebhook"), which no two services share. None: nobody
// may call it.
std::optional<domain::Scope> ScopeOf(std::string_view method);

}  // namespace windrow::control_plane
