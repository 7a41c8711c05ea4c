// The file of a key ring, as `windrow keys generate` writes it.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>

namespace windrow::cli {

struct AddedKey {
  std::uint32_t id = 0;
  bool is_new_ring = false;
};

// Adds a new random key to the ring at `path`, as its first line, or as its last where
// `opens_only` (other programs may then learn it before anything is sealed under it). Its
// id is the greatest one and 1. Where there is no file one is made, for its owner alone.
// The file is replaced as a whole, with the mode and owner that it had: whoever reads it
// sees the old ring or the new one. Comments stay.
absl::StatusOr<AddedKey> AddKeyTo(const std::string& path, bool opens_only);

}  // namespace windrow::cli
