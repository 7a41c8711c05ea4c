// JSON numbers as exact decimals of any size.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace windrow::domain {

// A view of one JSON number's text (RFC 8259, section 6), which must outlive it.
//
// Nothing is expanded, rounded or allocated: reading and comparing take time linear in
// the texts, whatever their exponents say. `1e999999999` is no more work than `1`.
class Decimal {
 public:
  // `json_number` must be well-formed, as json::Document checks it.
  explicit Decimal(std::string_view json_number);

  // By value: 1, 1.0 and 10e-1 are equal, and so are 0, -0 and 0e5.
  std::weak_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const { return (*this <=> other) == 0; }

 private:
  std::weak_ordering CompareMagnitude(const Decimal& other) const;

  int sign_ = 0;  // -1, 0, 1
  // The value is ± 0.D1 D2 D3 … × 10^(point_ + exponent), with D1 not 0.
  std::string_view digits_;  // from D1 on; may hold the point
  std::int64_t point_ = 0;
  std::string_view exponent_;  // its digits, without leading zeros
  int exponent_sign_ = 1;
};

}  // namespace windrow::domain
