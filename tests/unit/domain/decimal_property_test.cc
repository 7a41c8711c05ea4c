// Decimals against numbers written out in full.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>

#include "common/domain/decimal.h"

namespace windrow::domain {
namespace {

constexpr int kMaxExponent = 30;

std::string AnyDigits(int least, int most) {
  const auto digits = *rc::gen::container<std::string>(
      static_cast<std::size_t>(*rc::gen::inRange(least, most + 1)),
      rc::gen::element('0', '0', '0', '1', '2', '9'));
  return digits;
}

struct Number {
  bool negative = *rc::gen::arbitrary<bool>();
  std::string whole = AnyDigits(1, 8);
  std::string fraction = AnyDigits(0, 8);
  int exponent = *rc::gen::inRange(-kMaxExponent, kMaxExponent + 1);

  // RFC 8259's spelling.
  std::string Text() const {
    std::string text = negative ? "-" : "";
    const std::size_t first = std::min(whole.find_first_not_of('0'), whole.size() - 1);
    text += whole.substr(first);
    if (!fraction.empty()) text += "." + fraction;
    if (exponent != 0) text += "e" + std::to_string(exponent);
    return text;
  }
  // In units of 10^-64, as many digits for every number.
  std::string WrittenOut() const {
    const int behind = 64 - static_cast<int>(fraction.size()) + exponent;
    const std::string digits =
        whole + fraction + std::string(static_cast<std::size_t>(behind), '0');
    return std::string(128 - digits.size(), '0') + digits;
  }
};

int Model(const Number& a, const Number& b) {
  const std::string left = a.WrittenOut();
  const std::string right = b.WrittenOut();
  const auto is_zero = [](const std::string& digits) {
    return digits.find_first_not_of('0') == std::string::npos;
  };
  const int a_sign = is_zero(left) ? 0 : a.negative ? -1 : 1;
  const int b_sign = is_zero(right) ? 0 : b.negative ? -1 : 1;
  if (a_sign != b_sign) return a_sign < b_sign ? -1 : 1;
  const int magnitude = left.compare(right);
  return a_sign * (magnitude < 0 ? -1 : magnitude > 0 ? 1 : 0);
}

int Compared(const std::string& a, const std::string& b) {
  const auto order = Decimal(a) <=> Decimal(b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

RC_GTEST_PROP(DecimalProperty, ComparesAsNumbersWrittenOutInFull, ()) {
  const Number a;
  const Number b;
  RC_ASSERT(Compared(a.Text(), b.Text()) == Model(a, b));
}

RC_GTEST_PROP(DecimalProperty, MovingThePointAndTheExponentKeepsTheValue, ()) {
  const Number a;
  Number same = a;
  const int zeros = *rc::gen::inRange(0, 20);
  same.whole += same.fraction + std::string(static_cast<std::size_t>(zeros), '0');
  same.exponent -= static_cast<int>(same.fraction.size()) + zeros;
  same.fraction = "";
  RC_ASSERT(Compared(a.Text(), same.Text()) == 0);
}

RC_GTEST_PROP(DecimalProperty, HugeExponentsCompareAsTheirSmallDifferences, ()) {
  Number a;
  Number b;
  const int expected = Model(a, b);
  // Both exponents moved by ±10^24.
  const bool down = *rc::gen::arbitrary<bool>();
  const auto moved = [&](Number number) {
    const int exponent = number.exponent;
    number.exponent = 0;
    const std::string nines = "999999999999999999999999";
    const int part = down ? -exponent : exponent;
    std::string digits = "1" + std::string(24, '0');
    if (part >= 0) {
      const std::string tail = std::to_string(part);
      digits.replace(digits.size() - tail.size(), tail.size(), tail);
    } else {
      // 10^24 - n = 999…9 - (n - 1)
      const std::string tail = std::to_string(99 - (-part - 1));
      digits = nines;
      digits.replace(22, 2, tail);
    }
    return number.Text() + (down ? "E-" : "e+") + digits;
  };
  RC_ASSERT(Compared(moved(a), moved(b)) == expected);
}

}  // namespace
}  // namespace windrow::domain
