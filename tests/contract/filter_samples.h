// Random filters, as text. For rapidcheck's properties.
#pragma once

#include <functional>
#include <string>

namespace windrow::contract {

// A filter of comparisons that `comparison` makes: at most 3 deep, joined and negated in
// every way.
std::string AnyFilter(const std::function<std::string()>& comparison);

// Runs the property some times, on random input; false, and told, where it fails.
bool HoldsForAny(const char* name, const std::function<void()>& property);

}  // namespace windrow::contract
