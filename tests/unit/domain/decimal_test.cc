#include "common/domain/decimal.h"

#include <gtest/gtest.h>

#include <string>

namespace windrow::domain {
namespace {

// -1, 0 or 1, and the same from the other side.
int Order(const std::string& a, const std::string& b) {
  const auto sign = [](std::weak_ordering order) {
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  };
  const int order = sign(Decimal(a) <=> Decimal(b));
  EXPECT_EQ(sign(Decimal(b) <=> Decimal(a)), -order) << a << " " << b;
  EXPECT_EQ(Decimal(a) == Decimal(b), order == 0);
  return order;
}

TEST(DecimalTest, ComparesIntegersOfAnySize) {
  EXPECT_EQ(Order("9", "10"), -1);
  EXPECT_EQ(Order("9007199254740993", "9007199254740992"), 1);
  EXPECT_EQ(Order("123456789012345678901234567890", "123456789012345678901234567891"),
            -1);
  EXPECT_EQ(Order("42", "42"), 0);
}

TEST(DecimalTest, ComparesFractionsExactly) {
  EXPECT_EQ(Order("0.10", "0.1"), 0);
  EXPECT_EQ(Order("0.1000000000000000000000000001", "0.1"), 1);
  EXPECT_EQ(Order("0.05", "0.5"), -1);
  EXPECT_EQ(Order("1.5", "1.25"), 1);
  EXPECT_EQ(Order("10.0", "10"), 0);
  EXPECT_EQ(Order("100.001", "100.0009"), 1);
}

TEST(DecimalTest, ZeroHasNoSignAndNoSize) {
  EXPECT_EQ(Order("0", "-0"), 0);
  EXPECT_EQ(Order("0", "0.000"), 0);
  EXPECT_EQ(Order("0e999", "-0.0e-5"), 0);
  EXPECT_EQ(Order("0e999999999999999999999", "1e-999999999999999999999"), -1);
  EXPECT_EQ(Order("0", "-1e-999999999"), 1);
}

TEST(DecimalTest, NegativeNumbersOrderTheOtherWay) {
  EXPECT_EQ(Order("-1", "1"), -1);
  EXPECT_EQ(Order("-2", "-1"), -1);
  EXPECT_EQ(Order("-0.1", "-0.10"), 0);
  EXPECT_EQ(Order("-1e3", "-999"), -1);
}

TEST(DecimalTest, ExponentsMoveThePoint) {
  EXPECT_EQ(Order("1e2", "100"), 0);
  EXPECT_EQ(Order("1E+2", "100.00"), 0);
  EXPECT_EQ(Order("1000e-1", "100"), 0);
  EXPECT_EQ(Order("0.0001e6", "100"), 0);
  EXPECT_EQ(Order("12.5e-1", "1.25"), 0);
  EXPECT_EQ(Order("1e002", "100"), 0);
  EXPECT_EQ(Order("1e400", "9e399"), 1);
  EXPECT_EQ(Order("1e400", "10e399"), 0);
  EXPECT_EQ(Order("1e-400", "0"), 1);
}

TEST(DecimalTest, ExponentsPastAnyMachineNumberCompareExactly) {
  EXPECT_EQ(Order("1e999999999", "1e999999998"), 1);
  EXPECT_EQ(Order("1e99999999999999999999999999", "10e99999999999999999999999998"), 0);
  EXPECT_EQ(Order("1e100000000000000000000000000", "10e99999999999999999999999999"), 0);
  EXPECT_EQ(Order("1e100000000000000000000000000", "11e99999999999999999999999999"), -1);
  EXPECT_EQ(Order("1e-100000000000000000000000000", "1e-99999999999999999999999999"), -1);
  EXPECT_EQ(Order("0.1e-99999999999999999999999999", "1e-100000000000000000000000000"),
            0);
  EXPECT_EQ(Order("1e99999999999999999999", "1e-99999999999999999999"), 1);
  EXPECT_EQ(Order("-1e99999999999999999999", "1e-99999999999999999999"), -1);
}

TEST(DecimalTest, LongTextsAreComparedToTheirLastDigit) {
  const std::string zeros(500'000, '0');
  EXPECT_EQ(Order("1" + zeros, "1" + zeros + ".0"), 0);
  EXPECT_EQ(Order("1" + zeros + "1", "1" + zeros + "2"), -1);
  EXPECT_EQ(Order("1" + zeros, "1e500000"), 0);
  EXPECT_EQ(Order("1" + zeros, "1e500001"), -1);
  EXPECT_EQ(Order("0." + zeros + "1", "1e-500001"), 0);
  EXPECT_EQ(Order("1" + zeros + "e-500000", "1"), 0);
  EXPECT_EQ(Order("1e1" + zeros, "1e1" + zeros), 0);
  EXPECT_EQ(Order("1e1" + zeros, "1e1" + zeros + "0"), -1);
}

}  // namespace
}  // namespace windrow::domain
