#include "common/domain/characters.h"

#include <algorithm>

#include "common/base/utf8.h"

namespace windrow::domain {
namespace {

constexpr char32_t kJoiner = 0x200d;

struct Range {
  char32_t first;
  char32_t last;
};

// Code points that go with the one before them: combining marks, vowel signs, joiners,
// variation selectors, skin tones, tags. In order.
constexpr Range kExtending[] = {
    {0x0300, 0x036f},   {0x0483, 0x0489},   {0x0591, 0x05bd}, {0x0610, 0x061a},
    {0x064b, 0x065f},   {0x0670, 0x0670},   {0x06d6, 0x06dc}, {0x0900, 0x0903},
    {0x093a, 0x093c},   {0x093e, 0x094f},   {0x0981, 0x0983}, {0x09bc, 0x09cd},
    {0x0e31, 0x0e31},   {0x0e34, 0x0e3a},   {0x0e47, 0x0e4e}, {0x1160, 0x11ff},
    {0x1ab0, 0x1aff},   {0x1dc0, 0x1dff},   {0x200c, 0x200d}, {0x20d0, 0x20ff},
    {0x3099, 0x309a},   {0xfe00, 0xfe0f},   {0xfe20, 0xfe2f}, {0x1f3fb, 0x1f3ff},
    {0xe0020, 0xe007f}, {0xe0100, 0xe01ef},
};

bool Extends(char32_t code) {
  const Range* range = std::ranges::lower_bound(kExtending, code, {}, &Range::last);
  return range != std::end(kExtending) && code >= range->first;
}

bool IsFlagLetter(char32_t code) { return code >= 0x1f1e6 && code <= 0x1f1ff; }

}  // namespace

CodePoint FirstCodePoint(std::string_view text) {
  const std::string_view bytes = text.substr(0, Utf8SequenceLength(text));
  if (bytes.size() <= 1) {
    return {static_cast<unsigned char>(text[0]), text.substr(0, 1)};
  }
  const auto lead = static_cast<unsigned char>(bytes[0]);
  char32_t value = lead & (0x7fu >> bytes.size());
  for (const char c : bytes.substr(1)) {
    value = value << 6 | (static_cast<unsigned char>(c) & 0x3fu);
  }
  return {value, bytes};
}

bool CutPoints::MayCutBefore(char32_t next) {
  const bool completes_flag = half_flag_ && IsFlagLetter(next);
  const bool belongs = completes_flag || last_ == kJoiner || Extends(next);
  const bool may = !belongs || cluster_ >= kMaxCluster;
  half_flag_ = IsFlagLetter(next) && !completes_flag;
  cluster_ = may ? 1 : cluster_ + 1;
  last_ = next;
  return may;
}

}  // namespace windrow::domain
