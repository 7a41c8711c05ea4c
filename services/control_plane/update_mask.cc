#include "services/control_plane/update_mask.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/control_plane/error_text.h"

namespace windrow::control_plane {
namespace {

constexpr int kMostUnknown = 20;  // the rest would only make the answer long
constexpr std::size_t kShownPathBytes = 100;

}  // namespace

UpdateMask::UpdateMask(const google::protobuf::FieldMask& mask,
                       std::span<const std::string_view> known, std::string_view hint,
                       Violations* violations)
    : mask_(mask), all_(Names("*")) {
  int unknown = 0;
  for (const std::string& path : mask.paths()) {
    if (path == "*" || std::ranges::find(known, path) != known.end()) continue;
    violations->Add("update_mask",
                    fmt::format("\"{}\" is no field that an update can name: give {}",
                                Shown(path, kShownPathBytes), hint));
    if (++unknown == kMostUnknown) break;
  }
}

bool UpdateMask::Names(std::string_view path) const {
  return std::ranges::find(mask_.paths(), path) != mask_.paths().end();
}

}  // namespace windrow::control_plane
