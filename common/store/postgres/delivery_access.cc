#include "common/store/postgres/delivery_access.h"

#include <algorithm>
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

// What is known of a delivery before it is looked at. Those that are untried had no
// attempt that ended.
struct Known {
  DeliveryState state;
  bool untried = false;
};

Verdict OfState(const filter::Test& test, const Known& known) {
  const DeliveryState state = known.state;
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
      if (known.untried) return Verdict::kNo;
      return state == DeliveryState::kSucceeded ? Verdict::kNo : Verdict::kMaybe;
    case DeliveryField::kStatusCode:
      if (known.untried) return Verdict::kNo;
      return state == DeliveryState::kSucceeded ? StatusOfSucceeded(test)
                                                : Verdict::kMaybe;
    default:
      return Verdict::kMaybe;
  }
}

Verdict OfState(const Filter& where, const Known& known) {
  switch (where.kind) {
    case Kind::kTest:
      return OfState(where.test, known);
    case Kind::kNot:
      return static_cast<Verdict>(
          static_cast<int>(Verdict::kYes) -
          static_cast<int>(OfState(where.operands.front(), known)));
    default:
      break;
  }
  // The least of all for AND, the greatest of them for OR.
  const bool all = where.kind == Kind::kAll;
  Verdict verdict = all ? Verdict::kYes : Verdict::kNo;
  for (const Filter& operand : where.operands) {
    const Verdict one = OfState(operand, known);
    verdict = all ? std::min(verdict, one) : std::max(verdict, one);
  }
  return verdict;
}

bool Possible(const Filter& where, const Known& known) {
  return OfState(where, known) != Verdict::kNo;
}

bool PossibleUntried(const Filter& where) {
  return Possible(where, {DeliveryState::kOpen, true}) ||
         Possible(where, {DeliveryState::kPending, true}) ||
         Possible(where, {DeliveryState::kInFlight, true});
}

void CollectFields(const Filter& where, DeliveryAccess* access) {
  if (where.kind == Kind::kTest) {
    const DeliveryField field = DeliveryFieldOf(*where.test.field);
    access->items |=
        field == DeliveryField::kEventType || field == DeliveryField::kObjectId;
    access->webhook |= field == DeliveryField::kWebhookId;
    access->finish_time |= field == DeliveryField::kFinishTime;
    access->attempt |=
        field == DeliveryField::kStatusCode || field == DeliveryField::kError;
  }
  for (const Filter& operand : where.operands) CollectFields(operand, access);
}

}  // namespace

DeliveryAccess AccessOf(const Filter& where) {
  DeliveryAccess access;
  access.untried = PossibleUntried(where);
  access.unfinished = access.untried || Possible(where, {DeliveryState::kInFlight}) ||
                      Possible(where, {DeliveryState::kRetrying});
  for (const DeliveryState state :
       {DeliveryState::kSucceeded, DeliveryState::kFailed, DeliveryState::kCancelled}) {
    if (Possible(where, {state})) access.finished.push_back(state);
  }
  for (const Filter* conjunct : ConjunctsOf(where)) {
    const auto texts = [&](DeliveryField field) {
      return TextsOf(*conjunct, static_cast<int>(field));
    };
    Narrow(*conjunct, static_cast<int>(DeliveryField::kCreateTime), &access.created);
    Narrow(ValuesOf<Uuid>(*conjunct, static_cast<int>(DeliveryField::kWebhookId)),
           &access.webhooks);
    Narrow(texts(DeliveryField::kEventType), &access.event_types);
    Narrow(texts(DeliveryField::kObjectId), &access.object_ids);
  }
  CollectFields(where, &access);
  return access;
}

}  // namespace windrow::store::postgres
