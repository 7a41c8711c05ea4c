#include "common/domain/case_fold.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "common/domain/case_fold_ranges.h"

namespace windrow::domain {
namespace {

constexpr bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }
constexpr char FoldAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The first character of well-formed UTF-8, which is not empty, and its bytes.
std::pair<char32_t, std::size_t> FirstCharacter(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t character = lead & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < std::min(bytes, text.size()); ++i) {
    character = (character << 6) | (static_cast<unsigned char>(text[i]) & 0x3fu);
  }
  return {character, std::min(bytes, text.size())};
}

// The UTF-8 of one character.
class Encoded {
 public:
  explicit Encoded(char32_t c) {
    if (c < 0x80) {
      Add(c);
    } else if (c < 0x800) {
      Add(0xc0 | (c >> 6));
      Continue(c);
    } else if (c < 0x10000) {
      Add(0xe0 | (c >> 12));
      Continue(c >> 6);
      Continue(c);
    } else {
      Add(0xf0 | (c >> 18));
      Continue(c >> 12);
      Continue(c >> 6);
      Continue(c);
    }
  }

  std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  void Add(char32_t byte) { bytes_[size_++] = static_cast<char>(byte); }
  void Continue(char32_t bits) { Add(0x80 | (bits & 0x3f)); }

  std::array<char, 4> bytes_;
  std::size_t size_ = 0;
};

// The bytes of a folded text one by one, made on the way.
class FoldedBytes {
 public:
  explicit FoldedBytes(std::string_view text) : rest_(text) {}

  bool done() const { return at_ == size_ && rest_.empty(); }
  // Not when done.
  char Next() {
    if (at_ < size_) return bytes_[at_++];
    const char first = rest_.front();
    if (IsAscii(first)) {
      rest_.remove_prefix(1);
      return FoldAscii(first);
    }
    const auto [character, length] = FirstCharacter(rest_);
    rest_.remove_prefix(length);
    const Encoded folded(FoldCase(character));
    size_ = folded.bytes().copy(bytes_.data(), bytes_.size());
    at_ = 1;
    return bytes_[0];
  }

 private:
  std::string_view rest_;
  std::array<char, 4> bytes_;  // of the character that is being given out
  std::size_t at_ = 0;
  std::size_t size_ = 0;
};

}  // namespace

char32_t FoldCase(char32_t character) {
  if (character < 0x80) {
    return static_cast<char32_t>(FoldAscii(static_cast<char>(character)));
  }
  const auto* range =
      std::ranges::lower_bound(kFoldRanges, character, {}, &FoldRange::last);
  if (range == std::end(kFoldRanges) || character < range->first) return character;
  const auto distance = static_cast<std::int32_t>(character - range->first);
  if (distance % range->step != 0) return character;
  return static_cast<char32_t>(static_cast<std::int32_t>(character) + range->delta);
}

std::string Folded(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  for (FoldedBytes bytes(text); !bytes.done();) folded.push_back(bytes.Next());
  return folded;
}

std::weak_ordering CompareFolded(std::string_view a, std::string_view b) {
  FoldedBytes left(a);
  FoldedBytes right(b);
  while (!left.done() && !right.done()) {
    const auto l = static_cast<unsigned char>(left.Next());
    const auto r = static_cast<unsigned char>(right.Next());
    if (l != r) return l <=> r;
  }
  return right.done() <=> left.done();
}

bool StartsWithFolded(std::string_view text, std::string_view folded) {
  FoldedBytes bytes(text);
  for (const char wanted : folded) {
    if (bytes.done() || bytes.Next() != wanted) return false;
  }
  return true;
}

bool EndsWithFolded(std::string_view text, std::string_view folded) {
  while (!folded.empty()) {
    if (text.empty()) return false;
    std::size_t begin = text.size() - 1;
    while (begin > 0 && Continues(text[begin])) --begin;
    const Encoded last(FoldCase(FirstCharacter(text.substr(begin)).first));
    if (!folded.ends_with(last.bytes())) return false;
    folded.remove_suffix(last.bytes().size());
    text.remove_suffix(text.size() - begin);
  }
  return true;
}

FoldedSearch::FoldedSearch(std::string folded)
    : wanted_(std::move(folded)), borders_(wanted_.size(), 0) {
  std::uint32_t border = 0;
  for (std::size_t i = 1; i < wanted_.size(); ++i) {
    while (border > 0 && wanted_[i] != wanted_[border]) border = borders_[border - 1];
    if (wanted_[i] == wanted_[border]) ++border;
    borders_[i] = border;
  }
}

bool FoldedSearch::FoundIn(std::string_view text) const {
  if (wanted_.empty()) return true;
  std::uint32_t matched = 0;
  for (FoldedBytes bytes(text); !bytes.done();) {
    const char next = bytes.Next();
    while (matched > 0 && next != wanted_[matched]) matched = borders_[matched - 1];
    if (next == wanted_[matched] && ++matched == wanted_.size()) return true;
  }
  return false;
}

}  // namespace windrow::domain
