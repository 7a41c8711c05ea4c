// How much of an error is told: callers take answers of a bounded size, and a request may
// break a rule in every one of its thousand parts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace windrow::control_plane {

// `text` as UTF-8 on one line, cut behind `most` bytes or a few more.
std::string Shown(std::string_view text, std::size_t most);

// The first violations, each shown, that have room in `most` bytes; where some had none,
// a last one without a field says how many. The first always has room.
std::vector<Violation> ShownViolations(const std::vector<Violation>& violations,
                                       std::size_t most);

}  // namespace windrow::control_plane
