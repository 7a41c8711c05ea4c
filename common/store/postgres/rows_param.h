// Arrays of rows as parameters, in PostgreSQL's binary format.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/uuid.h"
#include "common/store/postgres/params.h"

namespace windrow::store::postgres {

// A composite type of the schema, for arrays of rows. Its fields' types and their number
// are the schema's: a row that differs is refused by the server.
struct RowType {
  const char* name;
  std::int32_t fields;
};
extern const RowType kEventRow;
extern const RowType kWindowRow;
extern const RowType kRecordRow;
extern const RowType kBodiesRow;
inline constexpr const RowType* kRowTypes[] = {&kEventRow, &kWindowRow, &kRecordRow,
                                               &kBodiesRow};

// An array of rows, built field by field. One array of rows costs the server a fraction
// of what an array a column does: those are unnested one by one, and put together again.
class RowsParam {
 public:
  // `type_oid` is the type's in this database (Connection::TypeOf).
  RowsParam(const RowType& type, std::uint32_t type_oid);

  // Begins a row; the one before must have all of its fields.
  void NextRow();
  void AddInt2(std::int16_t value);
  void AddInt4(std::int32_t value);
  void AddInt8(std::int64_t value);
  void AddUuid(const Uuid& value);
  void AddText(std::string_view value);
  void AddTextOrNull(std::string_view value);  // empty: null
  void AddBytea(std::string_view value);
  void AddByteaOrNull(std::string_view value);  // empty: null
  // An array of what `get` makes of each value; of texts, of the values themselves.
  template <typename Values, typename Get>
  void AddInt8Array(const Values& values, Get get) {
    BeginArray(ArrayParam::kInt8, values.size(), values.size() * sizeof(std::int64_t));
    for (const auto& value : values) AddElement(static_cast<std::int64_t>(get(value)));
  }
  template <typename Values, typename Get>
  void AddInt4Array(const Values& values, Get get) {
    BeginArray(ArrayParam::kInt4, values.size(), values.size() * sizeof(std::int32_t));
    for (const auto& value : values) AddElement(static_cast<std::int32_t>(get(value)));
  }
  void AddTextArray(const std::vector<std::string>& texts);
  void AddNull(ArrayParam::Element type);
  void AddNullArray(ArrayParam::Element element);

 private:
  friend class Params;
  void AddField(std::uint32_t type, std::string_view bytes);
  // `bytes`: of all elements, without their lengths.
  void BeginArray(ArrayParam::Element element, std::size_t count, std::size_t bytes);
  void AddElement(std::int64_t value);
  void AddElement(std::int32_t value);
  void AddNullOf(std::uint32_t type);
  void EndRow();
  std::string Finish() &&;
  const std::uint32_t type_;
  const std::int32_t fields_;
  std::string bytes_;
  std::size_t row_begin_ = 0;
  std::int32_t rows_ = 0;
};

}  // namespace windrow::store::postgres
