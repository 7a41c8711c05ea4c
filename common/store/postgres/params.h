// Parameters of a statement, in PostgreSQL's binary format. Their types are the casts in
// the SQL ($1::int8[]): a parameter of another width is refused by the server.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/uuid.h"

namespace windrow::store::postgres {

class RowsParam;

// One array, built element by element.
class ArrayParam {
 public:
  enum Element : std::uint32_t {  // the types' OIDs, fixed by PostgreSQL
    kBool = 16,
    kBytea = 17,
    kInt8 = 20,
    kInt2 = 21,
    kInt4 = 23,
    kText = 25,
    kUuid = 2950,
  };
  explicit ArrayParam(Element element, std::size_t expected = 0);

  void AddBool(bool value);
  void AddInt2(std::int16_t value);
  void AddInt4(std::int32_t value);
  void AddInt8(std::int64_t value);
  void AddUuid(const Uuid& value);
  // Text and bytea alike.
  void AddText(std::string_view value);
  void AddTextOrNull(std::string_view value);  // empty: null
  void AddNull();

 private:
  friend class Params;
  std::string Finish() &&;
  std::string bytes_;
  std::uint32_t element_;
  std::int32_t count_ = 0;
  bool has_null_ = false;
};

ArrayParam TextArray(const std::vector<std::string>& texts);

class Params {
 public:
  Params& Bool(bool value);
  Params& Int2(std::int16_t value);
  Params& Int4(std::int32_t value);
  Params& Int8(std::int64_t value);
  Params& Float8(double value);
  Params& Text(std::string_view value);        // and bytea
  Params& TextOrNull(std::string_view value);  // empty: null
  Params& Id(const Uuid& value);
  Params& Time(absl::Time value);
  Params& Null();
  Params& Array(ArrayParam array);
  Params& Rows(RowsParam rows);

  int size() const { return static_cast<int>(values_.size()); }
  // Parallel arrays as libpq takes them; valid until the next change.
  struct Pointers {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
  };
  Pointers pointers() const;

 private:
  std::vector<std::optional<std::string>> values_;
};

// PostgreSQL's time: microseconds since 2000-01-01 UTC.
std::int64_t ToPostgresTime(absl::Time time);
absl::Time FromPostgresTime(std::int64_t micros);

}  // namespace windrow::store::postgres
