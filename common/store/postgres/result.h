// Rows that a statement answered, in PostgreSQL's binary format.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/uuid.h"

struct pg_result;

namespace windrow::store::postgres {

struct ClearResult {
  void operator()(pg_result* result) const;
};

// Reading a column as another type than it is, or a null, is a programming error
// and ends in an assertion; ask IsNull first where a column may be null.
class Result {
 public:
  Result() = default;
  explicit Result(pg_result* result) : result_(result) {}

  int rows() const;
  pg_result* raw() const { return result_.get(); }
  bool IsNull(int row, int column) const;
  bool Bool(int row, int column) const;
  std::int16_t Int2(int row, int column) const;
  std::int32_t Int4(int row, int column) const;
  std::int64_t Int8(int row, int column) const;
  double Float8(int row, int column) const;
  // Text and bytea; valid as long as the result. A null reads as empty.
  std::string_view Text(int row, int column) const;
  Uuid Id(int row, int column) const;
  absl::Time Time(int row, int column) const;
  // Arrays; a null reads as empty, null elements as zero or empty.
  std::vector<std::int32_t> Int4s(int row, int column) const;
  std::vector<std::int64_t> Int8s(int row, int column) const;
  std::vector<std::string> Texts(int row, int column) const;

 private:
  std::string_view Raw(int row, int column) const;
  std::unique_ptr<pg_result, ClearResult> result_;
};

}  // namespace windrow::store::postgres
