// Text compared without regard to case, character by character: Unicode's simple case
// folding (CaseFolding.txt of Unicode 14, statuses C and S), as RE2's (?i) does it.
//
// No locale, no state: thread-safe, and the same on every machine. `ß` is not `ss`, and
// composed and decomposed letters differ. All texts are well-formed UTF-8. Nothing but
// Folded and a FoldedSearch's own making allocates.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace windrow::domain {

char32_t FoldCase(char32_t character);
// `text` with each character folded; may have more or fewer bytes.
std::string Folded(std::string_view text);

// By the bytes of the folded texts, which is by characters.
std::weak_ordering CompareFolded(std::string_view a, std::string_view b);

// `folded` comes from Folded.
bool StartsWithFolded(std::string_view text, std::string_view folded);
bool EndsWithFolded(std::string_view text, std::string_view folded);

// Finds one folded text in others, in time linear in them (Knuth, Morris and Pratt).
class FoldedSearch {
 public:
  explicit FoldedSearch(std::string folded);

  bool FoundIn(std::string_view text) const;

 private:
  std::string wanted_;
  // [i]: how much of the start of `wanted_` ends at its byte i, without being all of it.
  std::vector<std::uint32_t> borders_;
};

}  // namespace windrow::domain
