// The one place that says which release this is; CMake's project() says the same.
#pragma once

#include <string_view>

namespace windrow {

inline constexpr std::string_view kVersion = WINDROW_VERSION;

}  // namespace windrow
