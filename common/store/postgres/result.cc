#include "common/store/postgres/result.h"

#include <libpq-fe.h>

#include <algorithm>
#include <bit>
#include <cassert>

#include "common/store/postgres/params.h"

namespace windrow::store::postgres {
namespace {

template <typename T>
T ReadBigEndian(std::string_view bytes) {
  assert(bytes.size() == sizeof(T));
  std::make_unsigned_t<T> value = 0;
  for (char c : bytes) {
    value = static_cast<std::make_unsigned_t<T>>((value << 8) |
                                                 static_cast<unsigned char>(c));
  }
  return static_cast<T>(value);
}

// Calls `each` with every element's bytes of a one-dimensional array.
template <typename Each>
void ForEachElement(std::string_view array, Each each) {
  if (array.empty()) return;
  const auto dimensions = ReadBigEndian<std::int32_t>(array.substr(0, 4));
  if (dimensions == 0) return;
  const auto count = ReadBigEndian<std::int32_t>(array.substr(12, 4));
  array.remove_prefix(20);
  for (std::int32_t i = 0; i < count; ++i) {
    const auto length = ReadBigEndian<std::int32_t>(array.substr(0, 4));
    array.remove_prefix(4);
    const std::size_t size = length < 0 ? 0 : static_cast<std::size_t>(length);
    each(array.substr(0, size));
    array.remove_prefix(size);
  }
}

}  // namespace

void ClearResult::operator()(pg_result* result) const { PQclear(result); }

int Result::rows() const { return PQntuples(result_.get()); }

bool Result::IsNull(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view Result::Raw(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

bool Result::Bool(int row, int column) const { return Raw(row, column).at(0) != '\0'; }

std::int16_t Result::Int2(int row, int column) const {
  return ReadBigEndian<std::int16_t>(Raw(row, column));
}

std::int32_t Result::Int4(int row, int column) const {
  return ReadBigEndian<std::int32_t>(Raw(row, column));
}

std::int64_t Result::Int8(int row, int column) const {
  return ReadBigEndian<std::int64_t>(Raw(row, column));
}

double Result::Float8(int row, int column) const {
  return std::bit_cast<double>(Int8(row, column));
}

std::string_view Result::Text(int row, int column) const { return Raw(row, column); }

Uuid Result::Id(int row, int column) const {
  Uuid id;
  const std::string_view raw = Raw(row, column);
  assert(raw.size() == id.bytes.size());
  std::copy_n(raw.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

absl::Time Result::Time(int row, int column) const {
  return FromPostgresTime(Int8(row, column));
}

std::vector<std::int32_t> Result::Int4s(int row, int column) const {
  std::vector<std::int32_t> out;
  ForEachElement(Raw(row, column), [&](std::string_view element) {
    out.push_back(element.empty() ? 0 : ReadBigEndian<std::int32_t>(element));
  });
  return out;
}

std::vector<std::int64_t> Result::Int8s(int row, int column) const {
  std::vector<std::int64_t> out;
  ForEachElement(Raw(row, column), [&](std::string_view element) {
    out.push_back(element.empty() ? 0 : ReadBigEndian<std::int64_t>(element));
  });
  return out;
}

std::vector<std::string> Result::Texts(int row, int column) const {
  std::vector<std::string> out;
  ForEachElement(Raw(row, column),
                 [&](std::string_view element) { out.emplace_back(element); });
  return out;
}

}  // namespace windrow::store::postgres
