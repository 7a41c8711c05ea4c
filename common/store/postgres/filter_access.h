// What a filter demands of every record that it takes: where an index may begin. Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include "common/filter/filter.h"

namespace windrow::store::postgres {

// Lists of more values than this lead to no index: each one is a branch of the statement.
inline constexpr std::size_t kMostBranches = 8;

// The parts that must all be true.
std::vector<const filter::Filter*> ConjunctsOf(const filter::Filter& where);

// The values of which the field must equal one, each once, where `conjunct` is such a
// list, and not a longer one than kMostBranches; else none.
template <typename T>
std::vector<T> ValuesOf(const filter::Filter& conjunct, int field) {
  std::vector<T> values;
  const auto add = [&](const filter::Filter& part) {
    if (part.kind != filter::Filter::Kind::kTest || part.test.field->id != field) {
      return false;
    }
    const auto* value = std::get_if<T>(&part.test.wanted);
    if (value == nullptr) return false;
    if (std::find(values.begin(), values.end(), *value) == values.end()) {
      values.push_back(*value);
    }
    return true;
  };
  const bool list =
      conjunct.kind == filter::Filter::Kind::kAny
          ? std::all_of(conjunct.operands.begin(), conjunct.operands.end(), add)
          : add(conjunct);
  if (!list || values.size() > kMostBranches) values.clear();
  return values;
}

// Likewise, of whole texts.
std::vector<std::string> TextsOf(const filter::Filter& conjunct, int field);

// Makes `range` no larger than the conjunct allows, where it is one comparison of
// `field`.
void Narrow(const filter::Filter& conjunct, int field, filter::TimeRange* range);

// Keeps the shorter list of the two; an empty one is none.
template <typename T>
void Narrow(std::vector<T> found, std::vector<T>* list) {
  if (found.empty()) return;
  if (list->empty() || found.size() < list->size()) *list = std::move(found);
}

// History is partitioned by day, and a statement opens every partition that it may read.
// The parts of a time to read one after the other: two days, then eight, thirty-two, and
// the rest, from the end where the list begins. `now` stands for an open end.
std::vector<filter::TimeRange> SlicesOf(const filter::TimeRange& whole, bool oldest_first,
                                        absl::Time now);

}  // namespace windrow::store::postgres
