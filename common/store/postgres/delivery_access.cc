#include "common/store/postgres/delivery_access.h"

#include <algorithm>
#include <optional>
#include <variant>

namespace windrow::store::postgres {
namespace {

using filter::Filter;
using Kind = Filter::Kind;

enum class Verdict : std::uint8_t { kNo, kMaybe, kYes };

bool IsFinished(DeliveryState state) { return state >= DeliveryState::kSucceeded; }

// SUCCEEDED says that the last attempt was answered with 2xx, and without an error.
Verdict StatusOfSucceeded(const filter::Test& test) {
  const auto* range = std::get_if<filter::NumberRange>(&test.wanted);
  if (range == nullptr) return Verdict::kMaybe;
  return range->until <= 200 || range->from >= 300 ? Verdict::kNo : Verdict::kMaybe;
}

// What the test makes of a delivery of which the state alone is known.
Verdict OfState(const filter::Test& test, DeliveryState state) {
  switch (DeliveryFieldOf(*test.field)) {
    case DeliveryField::kState: {
      const auto* range = std::get_if<filter::NumberRange>(&test.wanted);
      const auto number = static_cast<std::int64_t>(state);
      const bool same =
          range == nullptr || (number >= range->from && number < range->until);
      return same ? Verdict::kYes : Verdict::kNo;
    }
    case DeliveryField::kFinishTime:
      return IsFinished(state) ? Verdict::kMaybe : Verdict::kNo;
    case DeliveryField::kError:
      return state == DeliveryState::kSucceeded ? Verdict::kNo : Verdict::kMaybe;
    case DeliveryField::kStatusCode:
      return state == DeliveryState::kSucceeded ? StatusOfSucceeded(test)
                                                : Verdict::kMaybe;
    default:
      return Verdict::kMaybe;
  }
}

Verdict OfState(const Filter& where, DeliveryState state) {
  switch (where.kind) {
    case Kind::kTest:
      return OfState(where.test, state);
    case Kind::kNot:
      return static_cast<Verdict>(
          static_cast<int>(Verdict::kYes) -
          static_cast<int>(OfState(where.operands.front(), state)));
    default:
      break;
  }
  // The least of all for AND, the greatest of them for OR.
  const bool all = where.kind == Kind::kAll;
  Verdict verdict = all ? Verdict::kYes : Verdict::kNo;
  for (const Filter& operand : where.operands) {
    const Verdict one = OfState(operand, state);
    verdict = all ? std::min(verdict, one) : std::max(verdict, one);
  }
  return verdict;
}

bool Possible(const Filter& where, DeliveryState state) {
  return OfState(where, state) != Verdict::kNo;
}

void CollectConjuncts(const Filter& where, std::vector<const Filter*>* conjuncts) {
  if (where.kind != Kind::kAll) return conjuncts->push_back(&where);
  for (const Filter& operand : where.operands) CollectConjuncts(operand, conjuncts);
}

// The value that the filter, one test, wants the field to be equal to.
template <typename T>
std::optional<T> ValueOf(const Filter& where, DeliveryField field) {
  if (where.kind != Kind::kTest || DeliveryFieldOf(*where.test.field) != field) return {};
  const auto* value = std::get_if<T>(&where.test.wanted);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

// The values of which the field must equal one, each once; none where the filter is not
// such a list, or a longer one than an index is used for.
template <typename T>
std::vector<T> ValuesOf(const Filter& where, DeliveryField field) {
  std::vector<T> values;
  const auto add = [&](const Filter& part) {
    const std::optional<T> value = ValueOf<T>(part, field);
    if (!value) return false;
    if (std::find(values.begin(), values.end(), *value) == values.end()) {
      values.push_back(*value);
    }
    return true;
  };
  const bool list = where.kind == Kind::kAny
                        ? std::all_of(where.operands.begin(), where.operands.end(), add)
                        : add(where);
  if (!list || values.size() > kMostBranches) values.clear();
  return values;
}

// The shorter list of the two, where there are two.
template <typename T>
void Narrow(std::vector<T> found, std::vector<T>* list) {
  if (found.empty()) return;
  if (list->empty() || found.size() < list->size()) *list = std::move(found);
}

std::vector<std::string> TextsOf(const Filter& where, DeliveryField field) {
  std::vector<std::string> texts;
  for (filter::TextPattern& pattern : ValuesOf<filter::TextPattern>(where, field)) {
    if (!pattern.exact()) return {};
    texts.push_back(std::move(pattern.text));
  }
  return texts;
}

void CollectFields(const Filter& where, DeliveryAccess* access) {
  if (where.kind == Kind::kTest) {
    const DeliveryField field = DeliveryFieldOf(*where.test.field);
    access->items |=
        field == DeliveryField::kEventType || field == DeliveryField::kObjectId;
    access->attempt |=
        field == DeliveryField::kStatusCode || field == DeliveryField::kError;
  }
  for (const Filter& operand : where.operands) CollectFields(operand, access);
}

}  // namespace

DeliveryAccess AccessOf(const Filter& where) {
  DeliveryAccess access;
  access.unfinished = Possible(where, DeliveryState::kOpen) ||
                      Possible(where, DeliveryState::kPending) ||
                      Possible(where, DeliveryState::kInFlight) ||
                      Possible(where, DeliveryState::kRetrying);
  for (const DeliveryState state :
       {DeliveryState::kSucceeded, DeliveryState::kFailed, DeliveryState::kCancelled}) {
    if (Possible(where, state)) access.finished.push_back(state);
  }
  std::vector<const Filter*> conjuncts;
  CollectConjuncts(where, &conjuncts);
  for (const Filter* conjunct : conjuncts) {
    if (const auto range =
            ValueOf<filter::TimeRange>(*conjunct, DeliveryField::kCreateTime)) {
      access.created.from = std::max(access.created.from, range->from);
      access.created.until = std::min(access.created.until, range->until);
    }
    Narrow(ValuesOf<Uuid>(*conjunct, DeliveryField::kWebhookId), &access.webhooks);
    Narrow(TextsOf(*conjunct, DeliveryField::kEventType), &access.event_types);
    Narrow(TextsOf(*conjunct, DeliveryField::kObjectId), &access.object_ids);
  }
  CollectFields(where, &access);
  return access;
}

}  // namespace windrow::store::postgres
