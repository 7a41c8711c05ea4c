#include "common/domain/decimal.h"

#include <algorithm>
#include <cstddef>

namespace windrow::domain {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Behind this, no digit that follows can bring a difference back to where it matters:
// texts are far shorter than 2^40.
constexpr std::int64_t kFar = std::int64_t{1} << 40;

// One exponent: its digits without leading zeros, and its sign.
struct Exponent {
  std::string_view digits;
  int sign;

  // The signed digit that stands at 10^place.
  int At(std::size_t place) const {
    if (place >= digits.size()) return 0;
    return sign * (digits[digits.size() - 1 - place] - '0');
  }
};

// a - b, exact within ±kFar, else only far on its side.
//
// Works from the highest place down. Signed digits of a and b differ by at most 18, so
// once the difference so far is 3 or more it grows with each place, and keeps its side.
std::int64_t Difference(const Exponent& a, const Exponent& b) {
  std::int64_t difference = 0;
  for (std::size_t place = std::max(a.digits.size(), b.digits.size()); place-- > 0;) {
    difference = difference * 10 + a.At(place) - b.At(place);
    if (difference > kFar || difference < -kFar) return difference;
  }
  return difference;
}

// The digits of a mantissa one by one, without its point; zeros for ever behind them.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  bool done() const { return text_.empty(); }
  char Next() {
    if (!text_.empty() && text_.front() == '.') text_.remove_prefix(1);
    if (text_.empty()) return '0';
    const char digit = text_.front();
    text_.remove_prefix(1);
    return digit;
  }

 private:
  std::string_view text_;
};

std::weak_ordering CompareDigits(std::string_view a, std::string_view b) {
  Digits left(a);
  Digits right(b);
  while (!left.done() || !right.done()) {
    const char l = left.Next();
    const char r = right.Next();
    if (l != r) return l < r ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  return std::weak_ordering::equivalent;
}

std::weak_ordering Ordering(std::int64_t difference) {
  if (difference == 0) return std::weak_ordering::equivalent;
  return difference < 0 ? std::weak_ordering::less : std::weak_ordering::greater;
}

}  // namespace

Decimal::Decimal(std::string_view json_number) {
  std::string_view rest = json_number;
  sign_ = 1;
  if (!rest.empty() && rest.front() == '-') {
    sign_ = -1;
    rest.remove_prefix(1);
  }
  const std::size_t mantissa_end = rest.find_first_of("eE");
  const std::string_view mantissa = rest.substr(0, mantissa_end);
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) {
    sign_ = 0;
    return;
  }
  digits_ = mantissa.substr(first);
  const std::size_t dot = std::min(mantissa.find('.'), mantissa.size());
  // "12.5" is 0.125 × 10^2; "0.025" is 0.25 × 10^-1.
  point_ = static_cast<std::int64_t>(dot) - static_cast<std::int64_t>(first);
  if (first > dot) ++point_;
  if (mantissa_end == std::string_view::npos) return;
  std::string_view exponent = rest.substr(mantissa_end + 1);
  if (!exponent.empty() && !IsDigit(exponent.front())) {
    exponent_sign_ = exponent.front() == '-' ? -1 : 1;
    exponent.remove_prefix(1);
  }
  exponent.remove_prefix(std::min(exponent.find_first_not_of('0'), exponent.size()));
  exponent_ = exponent;
}

std::weak_ordering Decimal::CompareMagnitude(const Decimal& other) const {
  const std::int64_t exponents =
      Difference({exponent_, exponent_sign_}, {other.exponent_, other.exponent_sign_});
  const std::int64_t places = exponents + point_ - other.point_;
  if (places != 0) return Ordering(places);
  return CompareDigits(digits_, other.digits_);
}

std::weak_ordering Decimal::operator<=>(const Decimal& other) const {
  if (sign_ != other.sign_) return Ordering(sign_ - other.sign_);
  if (sign_ == 0) return std::weak_ordering::equivalent;
  return sign_ > 0 ? CompareMagnitude(other) : other.CompareMagnitude(*this);
}

}  // namespace windrow::domain
