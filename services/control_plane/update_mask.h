// Which fields an update puts (AIP-134, AIP-161).
#pragma once

#include <google/protobuf/field_mask.pb.h>

#include <span>
#include <string_view>

#include "common/base/status.h"

namespace windrow::control_plane {

// Borrows the mask.
class UpdateMask {
 public:
  // Adds a violation of update_mask for each path (twenty at most) that is neither "*"
  // nor among `known`; `hint` says what may stand there.
  UpdateMask(const google::protobuf::FieldMask& mask,
             std::span<const std::string_view> known, std::string_view hint,
             Violations* violations);

  // The mask has no path: what is set is put.
  bool empty() const { return mask_.paths().empty(); }
  bool Names(std::string_view path) const;
  // Whether a field is put; `is_set`: it has a value in the request.
  bool Puts(std::string_view field, bool is_set) const {
    return all_ || (empty() ? is_set : Names(field));
  }

 private:
  const google::protobuf::FieldMask& mask_;
  const bool all_;
};

}  // namespace windrow::control_plane
