// The log of changes, for those who watch.
#include "common/base/status.h"
#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using store::DeliveryState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Reader {
 public:
  Reader(store::ChangeStore& changes, store::ChangeCursor from)
      : changes_(changes), at_(from) {}

  // The next `count` changes; what is just committed may be held up for a moment by
  // transactions elsewhere in the cluster.
  std::vector<Uuid> Next(std::size_t count, store::TenantId tenant = kTenant) {
    std::vector<Uuid> ids;
    for (int i = 0; i < 2'000 && ids.size() < count; ++i) {
      const auto page = changes_.ReadChanges(tenant, at_).value();
      for (const auto& change : page.changes) ids.push_back(change.delivery_id);
      at_ = page.next;
    }
    return ids;
  }
  bool AtEnd() { return changes_.ReadChanges(kTenant, at_)->changes.empty(); }
  store::ChangeCursor at() const { return at_; }

 private:
  store::ChangeStore& changes_;
  store::ChangeCursor at_;
};

TEST_P(ChangeContract, EachEndOfAnAttemptIsToldInOrder) {
  const auto webhook = Create(SpecNamed("Tickets"));
  Reader reader(changes(), changes().LastChange().value());
  const auto published = Publish(webhook);
  const auto claimed = ClaimOne(webhook);
  EXPECT_TRUE(reader.AtEnd());
  Record({OutcomeOf(claimed, DeliveryState::kRetrying, 503)});
  EXPECT_THAT(reader.Next(1), ElementsAre(published.window_id));
  harness().ShiftWindows(absl::Hours(1));
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kFailed, 500)});
  EXPECT_THAT(reader.Next(1), ElementsAre(published.window_id));
  control().Redeliver(kTenant, {published.window_id}).value();
  EXPECT_THAT(reader.Next(1), ElementsAre(published.window_id));
  EXPECT_OK(control().Cancel(kTenant, published.window_id, "by hand"));
  EXPECT_THAT(reader.Next(1), ElementsAre(published.window_id));
  EXPECT_TRUE(reader.AtEnd());
}

TEST_P(ChangeContract, APlaceIsWhereReadingGoesOn) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto from = changes().LastChange().value();
  const auto first = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  harness().Tick();
  const auto second = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  Reader all(changes(), from);
  EXPECT_THAT(all.Next(2), ElementsAre(first.window_id, second.window_id));
  const auto page = changes().ReadChanges(kTenant, from).value();
  ASSERT_THAT(page.changes, SizeIs(2));
  Reader rest(changes(), page.changes[0].place);
  EXPECT_THAT(rest.Next(1), ElementsAre(second.window_id));
}

TEST_P(ChangeContract, ATimeIsWhereReadingMayBegin) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const absl::Time before = Now();
  harness().Tick();
  const auto published = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  Reader reader(changes(), changes().ChangesSince(before).value());
  EXPECT_THAT(reader.Next(1), ElementsAre(published.window_id));
  EXPECT_EQ(ReasonOf(changes().ChangesSince(Now() - absl::Hours(25)).status()),
            "CHANGES_NOT_KEPT");
}

TEST_P(ChangeContract, AnotherTenantsChangesAreSkipped) {
  const auto other = harness().AddTenant("other");
  const auto theirs = Create(SpecNamed("Tickets"), other);
  const auto ours = Create(SpecNamed("Tickets"));
  const auto from = changes().LastChange().value();
  const auto hidden = Publish(theirs);
  Record({OutcomeOf(ClaimOne(theirs), DeliveryState::kSucceeded, 200)});
  const auto shown = Publish(ours);
  Record({OutcomeOf(ClaimOne(ours), DeliveryState::kSucceeded, 200)});
  EXPECT_THAT(Reader(changes(), from).Next(1), ElementsAre(shown.window_id));
  EXPECT_THAT(Reader(changes(), from).Next(1, other), ElementsAre(hidden.window_id));
  EXPECT_THAT(changes().LoadDeliveries(kTenant, {hidden.window_id}).value(), IsEmpty());
}

TEST_P(ChangeContract, DeliveriesAreLoadedAsTheyAreNow) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto open = Append(GroupOf(webhook), 5, 30);
  const auto plain = Create(SpecNamed("Plain"));
  const auto ended = Publish(plain);
  Record({OutcomeOf(ClaimOne(plain), DeliveryState::kFailed, 500)});
  const auto records =
      changes()
          .LoadDeliveries(kTenant, {ended.window_id, open.window_id, NextWindowId()})
          .value();
  ASSERT_THAT(records, SizeIs(2));
  for (const auto& record : records) {
    const bool is_open = record.delivery_id == open.window_id;
    EXPECT_EQ(record.state, is_open ? DeliveryState::kOpen : DeliveryState::kFailed);
    EXPECT_THAT(record.items, SizeIs(is_open ? 30 : 1));
    EXPECT_THAT(record.request_body, IsEmpty());
  }
}

}  // namespace
}  // namespace windrow::contract
