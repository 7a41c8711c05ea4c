#include "common/store/postgres/rows_param.h"

#include <utility>

#include "common/store/postgres/big_endian.h"

namespace windrow::store::postgres {
namespace {

std::uint32_t ArrayTypeOf(ArrayParam::Element element) {
  switch (element) {  // the types' OIDs, fixed by PostgreSQL
    case ArrayParam::kBool:
      return 1000;
    case ArrayParam::kBytea:
      return 1001;
    case ArrayParam::kInt8:
      return 1016;
    case ArrayParam::kInt2:
      return 1005;
    case ArrayParam::kInt4:
      return 1007;
    case ArrayParam::kText:
      return 1009;
    case ArrayParam::kUuid:
      return 2951;
  }
  return 0;
}

}  // namespace

const RowType kEventRow{"windrow_event", 16};
const RowType kWindowRow{"windrow_window", 12};
const RowType kRecordRow{"windrow_record", 23};
const RowType kBodiesRow{"windrow_bodies", 6};

RowsParam::RowsParam(const RowType& type, std::uint32_t type_oid)
    : type_(type_oid), fields_(type.fields), bytes_(kArrayHeader, '\0') {}

void RowsParam::NextRow() {
  EndRow();
  ++rows_;
  row_begin_ = bytes_.size();
  AppendBigEndian<std::int32_t>(0, &bytes_);  // its length, put in at its end
  AppendBigEndian(fields_, &bytes_);
}

void RowsParam::EndRow() {
  if (rows_ == 0) return;
  const std::size_t length = bytes_.size() - row_begin_ - sizeof(std::int32_t);
  bytes_.replace(row_begin_, sizeof(std::int32_t),
                 BigEndian(static_cast<std::int32_t>(length)));
}

void RowsParam::AddField(std::uint32_t type, std::string_view bytes) {
  AppendBigEndian(type, &bytes_);
  AppendBigEndian(static_cast<std::int32_t>(bytes.size()), &bytes_);
  bytes_.append(bytes);
}

void RowsParam::AddInt2(std::int16_t value) {
  AddField(ArrayParam::kInt2, BigEndian(value));
}
void RowsParam::AddInt4(std::int32_t value) {
  AddField(ArrayParam::kInt4, BigEndian(value));
}
void RowsParam::AddInt8(std::int64_t value) {
  AddField(ArrayParam::kInt8, BigEndian(value));
}
void RowsParam::AddUuid(const Uuid& value) {
  AddField(ArrayParam::kUuid, BytesOf(value));
}
void RowsParam::AddText(std::string_view value) { AddField(ArrayParam::kText, value); }
void RowsParam::AddTextOrNull(std::string_view value) {
  value.empty() ? AddNull(ArrayParam::kText) : AddText(value);
}
void RowsParam::AddBytea(std::string_view value) { AddField(ArrayParam::kBytea, value); }
void RowsParam::AddByteaOrNull(std::string_view value) {
  value.empty() ? AddNull(ArrayParam::kBytea) : AddBytea(value);
}

void RowsParam::BeginArray(ArrayParam::Element element, std::size_t count,
                           std::size_t bytes) {
  const std::size_t header = count == 0 ? 3 * sizeof(std::int32_t) : kArrayHeader;
  const std::size_t length = header + count * sizeof(std::int32_t) + bytes;
  AppendBigEndian(ArrayTypeOf(element), &bytes_);
  AppendBigEndian(static_cast<std::int32_t>(length), &bytes_);
  AppendArrayHeader(count, /*has_null=*/false, element, &bytes_);
}

void RowsParam::AddElement(std::int64_t value) {
  AppendBigEndian<std::int32_t>(sizeof(value), &bytes_);
  AppendBigEndian(value, &bytes_);
}
void RowsParam::AddElement(std::int32_t value) {
  AppendBigEndian<std::int32_t>(sizeof(value), &bytes_);
  AppendBigEndian(value, &bytes_);
}

void RowsParam::AddTextArray(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  BeginArray(ArrayParam::kText, texts.size(), bytes);
  for (const std::string& text : texts) {
    AppendBigEndian(static_cast<std::int32_t>(text.size()), &bytes_);
    bytes_.append(text);
  }
}

void RowsParam::AddNull(ArrayParam::Element type) { AddNullOf(type); }
void RowsParam::AddNullArray(ArrayParam::Element element) {
  AddNullOf(ArrayTypeOf(element));
}

void RowsParam::AddNullOf(std::uint32_t type) {
  AppendBigEndian(type, &bytes_);
  AppendBigEndian<std::int32_t>(-1, &bytes_);
}

std::string RowsParam::Finish() && {
  EndRow();
  std::string header;
  AppendArrayHeader(static_cast<std::size_t>(rows_), /*has_null=*/false, type_, &header);
  if (rows_ == 0) return header;
  bytes_.replace(0, kArrayHeader, header);
  return std::move(bytes_);
}

}  // namespace windrow::store::postgres
