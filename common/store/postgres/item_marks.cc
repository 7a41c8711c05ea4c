#include "common/store/postgres/item_marks.h"

namespace windrow::store::postgres {
namespace {

// FNV-1a, its bits mixed (MurmurHash3's finalizer).
std::uint64_t Hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 33;
}

std::uint64_t FourOf32(std::uint64_t hash) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 4; ++i) bits |= std::uint64_t{1} << (hash >> (5 * i) & 31);
  return bits;
}

}  // namespace

std::uint64_t TypeMarks(std::string_view type) { return FourOf32(Hash(type)); }

std::uint64_t ObjectMarks(std::string_view object_id) {
  return FourOf32(Hash(object_id)) << 32;
}

}  // namespace windrow::store::postgres
