#include "common/store/postgres/filter_access.h"

namespace windrow::store::postgres {
namespace {

using filter::Filter;
using filter::TimeRange;

constexpr absl::Duration kFirstSlice = absl::Hours(48);
constexpr int kSlices = 4;

void CollectConjuncts(const Filter& where, std::vector<const Filter*>* conjuncts) {
  if (where.kind != Filter::Kind::kAll) return conjuncts->push_back(&where);
  for (const Filter& operand : where.operands) CollectConjuncts(operand, conjuncts);
}

}  // namespace

std::vector<const Filter*> ConjunctsOf(const Filter& where) {
  std::vector<const Filter*> conjuncts;
  CollectConjuncts(where, &conjuncts);
  return conjuncts;
}

std::vector<std::string> TextsOf(const Filter& conjunct, int field) {
  std::vector<std::string> texts;
  for (filter::TextPattern& pattern : ValuesOf<filter::TextPattern>(conjunct, field)) {
    if (!pattern.exact()) return {};
    texts.push_back(std::move(pattern.text));
  }
  return texts;
}

void Narrow(const Filter& conjunct, int field, TimeRange* range) {
  if (conjunct.kind != Filter::Kind::kTest || conjunct.test.field->id != field) return;
  if (const auto* wanted = std::get_if<TimeRange>(&conjunct.test.wanted)) {
    range->from = std::max(range->from, wanted->from);
    range->until = std::min(range->until, wanted->until);
  }
}

std::vector<TimeRange> SlicesOf(const TimeRange& whole, bool oldest_first,
                                absl::Time now) {
  // Where the oldest record is nobody knows.
  if (oldest_first && whole.from == absl::InfinitePast()) return {whole};
  std::vector<TimeRange> slices;
  TimeRange rest = whole;
  absl::Time cut = oldest_first ? whole.from : std::min(whole.until, now);
  absl::Duration width = kFirstSlice;
  for (int i = 1; i < kSlices && rest.from < rest.until; ++i, width *= 4) {
    TimeRange slice = rest;
    if (oldest_first) {
      cut = std::min(cut + width, whole.until);
      rest.from = slice.until = cut;
    } else {
      cut = std::max(cut - width, whole.from);
      rest.until = slice.from = cut;
    }
    slices.push_back(slice);
  }
  if (rest.from < rest.until) slices.push_back(rest);
  return slices;
}

}  // namespace windrow::store::postgres
