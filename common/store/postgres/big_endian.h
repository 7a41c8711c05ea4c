// Numbers and ids as PostgreSQL's binary format has them.
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

inline std::string_view BytesOf(const Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

}  // namespace windrow::store::postgres
