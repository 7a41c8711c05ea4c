// Numbers, ids and arrays as PostgreSQL's binary format has them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/base/uuid.h"

namespace windrow::store::postgres {

template <typename T>
void AppendBigEndian(T value, std::string* out) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  char bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes[i] = static_cast<char>((bits >> (8 * (sizeof(T) - 1 - i))) & 0xff);
  }
  out->append(bytes, sizeof(T));
}

template <typename T>
std::string BigEndian(T value) {
  std::string out;
  AppendBigEndian(value, &out);
  return out;
}

// What an array of `count` elements begins with. One of no elements has no dimension, and
// without one no length and no lower bound.
inline void AppendArrayHeader(std::size_t count, bool has_null, std::uint32_t element,
                              std::string* out) {
  AppendBigEndian<std::int32_t>(count == 0 ? 0 : 1, out);  // dimensions
  AppendBigEndian<std::int32_t>(has_null ? 1 : 0, out);
  AppendBigEndian(element, out);
  if (count == 0) return;
  AppendBigEndian(static_cast<std::int32_t>(count), out);
  AppendBigEndian<std::int32_t>(1, out);  // lower bound
}
constexpr std::size_t kArrayHeader = 5 * sizeof(std::int32_t);  // with elements

inline std::string_view BytesOf(const Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

}  // namespace windrow::store::postgres
