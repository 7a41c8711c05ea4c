// Any course of events, against a model: of each object one delivery at a time, the first
// that has not ended, whatever is retried, given back, lost, cancelled or sent again.
#include "tests/contract/order_model.h"

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/contract/filter_samples.h"

namespace windrow::contract {
namespace {

using store::DeliveryState;

// Longer than a lease (40 s).
constexpr absl::Duration kStep = absl::Seconds(41);

}  // namespace

std::vector<Uuid> OrderModel::Expected() const {
  std::map<int, const Modelled*> first;
  std::set<int> busy;
  for (const Modelled& m : all_) {
    if (m.unfinished()) first.try_emplace(m.object, &m);
    if (m.state == Modelled::kLeased) busy.insert(m.object);
  }
  std::vector<Uuid> ids;
  for (const auto& [object, m] : first) {
    if (m->may_go() && !busy.contains(object)) ids.push_back(m->id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Modelled* OrderModel::Any(Modelled::State state) {
  std::vector<Modelled*> those;
  for (Modelled& m : all_) {
    if (m.state == state) those.push_back(&m);
  }
  if (those.empty()) return nullptr;
  return those[*rc::gen::inRange<std::size_t>(0, those.size())];
}

OrderModel OrderModelContract::Start() {
  const bool per_object = *rc::gen::arbitrary<bool>();
  domain::WebhookSpec spec = SpecNamed("Model " + std::to_string(++models_));
  spec.ordering =
      per_object ? domain::Ordering::kPerObject : domain::Ordering::kPerWebhook;
  return {Create(spec), per_object};
}

void OrderModelContract::ClaimAll(OrderModel& model) {
  const std::vector<Uuid> expected = model.Expected();
  std::vector<Uuid> taken;
  for (bool again = true; again;) {
    const store::Claim claim = Claim(model.webhook());
    for (const auto& window : claim.windows) {
      taken.push_back(window.window_id);
      Modelled& m = model.Of(window.window_id);
      m.state = Modelled::kLeased;
      m.claim = window;
    }
    again = !claim.windows.empty() || !claim.held_back.empty();
  }
  std::sort(taken.begin(), taken.end());
  RC_ASSERT(taken == expected);
}

void OrderModelContract::End(Modelled* m, DeliveryState state, absl::Duration retry_in) {
  if (m == nullptr) return;
  auto outcome =
      OutcomeOf(*m->claim, state, state == DeliveryState::kSucceeded ? 200 : 500);
  outcome.retry_after = retry_in;
  RC_ASSERT(Record({outcome}) == 0);
  m->state = state == DeliveryState::kRetrying ? Modelled::kRetries : Modelled::kEnded;
  m->retry_in = retry_in;
}

void OrderModelContract::GiveBack(Modelled* m) {
  if (m == nullptr) return;
  RC_ASSERT(queue().Release({HeldOf(*m->claim)}).ok());
  m->state = Modelled::kWaits;
}

void OrderModelContract::Cancel(Modelled* m) {
  if (m == nullptr) return;
  RC_ASSERT(control().Cancel(kTenant, m->id, "model").ok());
  m->state = Modelled::kCancelled;
}

void OrderModelContract::SendAgain(Modelled* m) {
  if (m == nullptr) return;
  RC_ASSERT(control().Redeliver(kTenant, {m->id}).value().at(0) == store::Requeue::kDone);
  if (m->state == Modelled::kRetries) m->retry_in = absl::ZeroDuration();
  if (m->state == Modelled::kEnded) m->state = Modelled::kWaits;
}

void OrderModelContract::Step(OrderModel& model) {
  const int object = *rc::gen::inRange(0, 3);
  switch (*rc::gen::inRange(0, 12)) {
    case 0:
    case 1:
    case 2:
      return model.Add(
          Publish(model.webhook(), EventOf("ticket.created", std::to_string(object)))
              .window_id,
          object);
    case 3:
    case 4:
      return ClaimAll(model);
    case 5:
      return End(model.Any(Modelled::kLeased), DeliveryState::kSucceeded);
    case 6:
      return End(model.Any(Modelled::kLeased), DeliveryState::kFailed);
    case 7:
      return End(model.Any(Modelled::kLeased), DeliveryState::kRetrying,
                 *rc::gen::element(absl::ZeroDuration(), absl::Seconds(100)));
    case 8:
      return GiveBack(model.Any(Modelled::kLeased));
    case 9:
      return Cancel(model.Any(*rc::gen::element(Modelled::kWaits, Modelled::kRetries)));
    case 10:
      return SendAgain(
          model.Any(*rc::gen::element(Modelled::kEnded, Modelled::kRetries)));
    default:
      harness().ShiftWindows(kStep);
      return model.Pass(kStep);
  }
}

TEST_P(OrderModelContract, AnyCourseKeepsTheOrderAndEnds) {
  EXPECT_TRUE(HoldsForAny("one at a time, the first that has not ended", [&] {
    OrderModel model = Start();
    for (int steps = *rc::gen::inRange(1, 40); steps > 0; --steps) Step(model);
    // Whatever is left goes, one after another.
    for (std::size_t i = 0; i <= model.all().size() && !model.AllEnded(); ++i) {
      harness().ShiftWindows(absl::Seconds(200));
      model.Pass(absl::Seconds(200));
      ClaimAll(model);
      for (Modelled& m : model.all()) {
        if (m.state == Modelled::kLeased) End(&m, DeliveryState::kSucceeded);
      }
    }
    RC_ASSERT(model.AllEnded());
  }));
}

}  // namespace windrow::contract
