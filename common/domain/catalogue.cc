#include "common/domain/catalogue.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace windrow::domain {
namespace {

constexpr int kMostEdits = 3;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower;
}

// How many bytes have to be put in, taken out or replaced to make `b` of `a`; some number
// above `most` where that is more. Looks at a band of 2 × most + 1 places a byte only.
int EditDistance(std::string_view a, std::string_view b, int most) {
  const int rows = static_cast<int>(a.size());
  const int columns = static_cast<int>(b.size());
  if (std::abs(rows - columns) > most) return most + 1;
  // band[k]: the distance of a's first i bytes and b's first i + k - most.
  std::array<int, 2 * kMostEdits + 1> band{};
  const int width = 2 * most + 1;
  for (int k = 0; k < width; ++k) band[k] = k < most ? most + 1 : k - most;
  for (int i = 1; i <= rows; ++i) {
    int best = most + 1;
    for (int k = 0; k < width; ++k) {
      const int j = i + k - most;
      int distance = most + 1;
      if (j == 0) {
        distance = i;
      } else if (j > 0 && j <= columns) {
        distance = band[k] + (a[i - 1] == b[j - 1] ? 0 : 1);
        if (k + 1 < width) distance = std::min(distance, band[k + 1] + 1);
        if (k > 0) distance = std::min(distance, band[k - 1] + 1);
      }
      band[k] = std::min(distance, most + 1);
      best = std::min(best, band[k]);
    }
    if (best > most) return most + 1;
  }
  return band[columns - rows + most];
}

}  // namespace

const KnownType* Catalogue::Find(std::string_view name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? nullptr : &found->second;
}

std::optional<std::string> Catalogue::Nearest(std::string_view name) const {
  const std::string wanted = Lower(name);
  int most = std::min<int>(kMostEdits, static_cast<int>(wanted.size() / 3));
  const std::string* nearest = nullptr;
  for (const auto& [known, type] : types_) {
    const int distance = EditDistance(wanted, Lower(known), most);
    if (distance > most) continue;
    if (distance == most && nearest != nullptr && *nearest < known) continue;
    nearest = &known;
    most = distance;
  }
  return nearest == nullptr ? std::nullopt : std::optional(*nearest);
}

std::string UnknownTypeRule(std::string_view name,
                            const std::optional<std::string>& nearest) {
  return fmt::format(
      "\"{}\" is no event type of the catalogue{}: create it, or let unknown types be "
      "learned",
      name, nearest ? fmt::format(" (did you mean \"{}\"?)", *nearest) : "");
}

}  // namespace windrow::domain
