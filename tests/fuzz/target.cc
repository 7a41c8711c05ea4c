#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

constexpr std::string_view kCut = "\n%%\n";

std::vector<Target>& Registry() {
  static std::vector<Target> targets;
  return targets;
}

}  // namespace

const std::vector<Target>& Targets() { return Registry(); }

bool Register(Target target) {
  Registry().push_back(target);
  return true;
}

std::vector<std::string> Parts(std::string_view input, std::size_t count) {
  std::vector<std::string> parts;
  while (parts.size() + 1 < count) {
    const std::size_t cut = input.find(kCut);
    parts.emplace_back(input.substr(0, cut));
    input = cut == std::string_view::npos ? "" : input.substr(cut + kCut.size());
  }
  parts.emplace_back(input);
  return parts;
}

}  // namespace windrow::fuzz
