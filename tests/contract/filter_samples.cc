#include "tests/contract/filter_samples.h"

#include <rapidcheck.h>

namespace windrow::contract {
namespace {

std::string Part(const std::function<std::string()>& comparison, int depth) {
  switch (depth > 0 ? *rc::gen::inRange(0, 6) : 5) {
    case 0:
      return "NOT (" + Part(comparison, depth - 1) + ")";
    case 1:
      return "-" + comparison();
    case 2:
    case 3:
      return "(" + Part(comparison, depth - 1) + " OR " + Part(comparison, depth - 1) +
             ")";
    case 4:
      return "(" + Part(comparison, depth - 1) + " " + Part(comparison, depth - 1) + ")";
    default:
      return comparison();
  }
}

}  // namespace

std::string AnyFilter(const std::function<std::string()>& comparison) {
  std::string filter = Part(comparison, 2);
  if (*rc::gen::arbitrary<bool>()) {
    filter += *rc::gen::element<std::string>(" AND ", " OR ", " ") + Part(comparison, 2);
  }
  return filter;
}

bool HoldsForAny(const char* name, const std::function<void()>& property) {
  return rc::check(name, property);
}

}  // namespace windrow::contract
