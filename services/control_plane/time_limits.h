// The times that the API takes.
#pragma once

#include <cstdint>

namespace windrow::control_plane {

// What the API takes for a time, since 1970: 0001-01-01T00:00:00Z to
// 9999-12-31T23:59:59Z.
inline constexpr std::int64_t kFirstSecond = -62'135'596'800;
inline constexpr std::int64_t kLastSecond = 253'402'300'799;

}  // namespace windrow::control_plane
