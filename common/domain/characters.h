// Walking through a text by what a reader sees as its characters.
#pragma once

#include <string_view>

namespace windrow::domain {

struct CodePoint {
  char32_t value;
  std::string_view bytes;
};

// The code point at the start of `text`: well-formed UTF-8, not empty.
CodePoint FirstCodePoint(std::string_view text);

// Tells where a text may be cut: not between a character and its marks, nor inside of an
// emoji that is a sequence, nor inside of a flag. Knows the common ranges of Unicode's
// extended grapheme clusters (UAX 29), not all of them. Past kMaxCluster code points a
// cut is allowed anywhere.
class CutPoints {
 public:
  static constexpr int kMaxCluster = 32;

  // Whether a cut may stand before `next`. To be called for each code point in order.
  bool MayCutBefore(char32_t next);

 private:
  char32_t last_ = 0;
  bool half_flag_ = false;  // `last_` is the first of a flag's two letters
  int cluster_ = 0;         // code points of the character so far
};

}  // namespace windrow::domain
