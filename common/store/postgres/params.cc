#include "common/store/postgres/params.h"

#include <bit>
#include <utility>

#include "common/store/postgres/big_endian.h"
#include "common/store/postgres/rows_param.h"

namespace windrow::store::postgres {
namespace {

// 2000-01-01 in seconds since 1970.
constexpr std::int64_t kPostgresEpoch = 946'684'800;

}  // namespace

ArrayParam::ArrayParam(Element element, std::size_t expected) : element_(element) {
  bytes_.reserve(kArrayHeader + expected * 12);
  bytes_.resize(kArrayHeader);
}

void ArrayParam::AddBool(bool value) {
  AddText(std::string_view(value ? "\1" : "\0", 1));
}

void ArrayParam::AddInt2(std::int16_t value) {
  AppendBigEndian<std::int32_t>(sizeof(value), &bytes_);
  AppendBigEndian(value, &bytes_);
  ++count_;
}

void ArrayParam::AddInt4(std::int32_t value) {
  AppendBigEndian<std::int32_t>(sizeof(value), &bytes_);
  AppendBigEndian(value, &bytes_);
  ++count_;
}

void ArrayParam::AddInt8(std::int64_t value) {
  AppendBigEndian<std::int32_t>(sizeof(value), &bytes_);
  AppendBigEndian(value, &bytes_);
  ++count_;
}

void ArrayParam::AddUuid(const Uuid& value) { AddText(BytesOf(value)); }

void ArrayParam::AddText(std::string_view value) {
  AppendBigEndian(static_cast<std::int32_t>(value.size()), &bytes_);
  bytes_.append(value);
  ++count_;
}

void ArrayParam::AddTextOrNull(std::string_view value) {
  if (value.empty()) {
    AddNull();
  } else {
    AddText(value);
  }
}

void ArrayParam::AddNull() {
  AppendBigEndian<std::int32_t>(-1, &bytes_);
  has_null_ = true;
  ++count_;
}

std::string ArrayParam::Finish() && {
  std::string header;
  AppendArrayHeader(static_cast<std::size_t>(count_), has_null_, element_, &header);
  if (count_ == 0) return header;
  bytes_.replace(0, kArrayHeader, header);
  return std::move(bytes_);
}

ArrayParam TextArray(const std::vector<std::string>& texts) {
  ArrayParam array(ArrayParam::kText, texts.size());
  for (const std::string& text : texts) array.AddText(text);
  return array;
}

Params& Params::Bool(bool value) {
  values_.emplace_back(std::string(1, value ? '\1' : '\0'));
  return *this;
}
Params& Params::Int2(std::int16_t value) {
  values_.emplace_back(BigEndian(value));
  return *this;
}
Params& Params::Int4(std::int32_t value) {
  values_.emplace_back(BigEndian(value));
  return *this;
}
Params& Params::Int8(std::int64_t value) {
  values_.emplace_back(BigEndian(value));
  return *this;
}
Params& Params::Float8(double value) { return Int8(std::bit_cast<std::int64_t>(value)); }
Params& Params::Text(std::string_view value) {
  values_.emplace_back(std::string(value));
  return *this;
}
Params& Params::TextOrNull(std::string_view value) {
  return value.empty() ? Null() : Text(value);
}
Params& Params::Id(const Uuid& value) { return Text(BytesOf(value)); }
Params& Params::Time(absl::Time value) { return Int8(ToPostgresTime(value)); }
Params& Params::Null() {
  values_.emplace_back(std::nullopt);
  return *this;
}
Params& Params::Array(ArrayParam array) {
  values_.emplace_back(std::move(array).Finish());
  return *this;
}

Params& Params::Rows(RowsParam rows) {
  values_.emplace_back(std::move(rows).Finish());
  return *this;
}

Params::Pointers Params::pointers() const {
  Pointers out;
  out.values.reserve(values_.size());
  out.lengths.reserve(values_.size());
  out.formats.assign(values_.size(), 1);
  for (const auto& value : values_) {
    out.values.push_back(value ? value->data() : nullptr);
    out.lengths.push_back(value ? static_cast<int>(value->size()) : 0);
  }
  return out;
}

std::int64_t ToPostgresTime(absl::Time time) {
  return absl::ToUnixMicros(time) - kPostgresEpoch * 1'000'000;
}

absl::Time FromPostgresTime(std::int64_t micros) {
  return absl::FromUnixMicros(micros + kPostgresEpoch * 1'000'000);
}

}  // namespace windrow::store::postgres
