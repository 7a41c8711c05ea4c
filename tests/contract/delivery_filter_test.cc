// Whatever the filter, a list of deliveries has those that the filter means, in order,
// however it is cut into pages.
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/contract/delivery_world.h"
#include "tests/contract/filter_samples.h"
#include "tests/support/list_values.h"

namespace windrow::contract {
namespace {

using store::DeliveryState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_P(DeliveryFilterContract, AnyFilterTakesWhatItMeans) {
  MakeWorld();
  const std::vector<store::DeliveryRecord> records = Records();
  ASSERT_THAT(records, SizeIs(23));
  const bool holds = HoldsForAny("a list has what its filter means", [&] {
    const std::string text = AnyFilter([this] { return AnyComparison(); });
    store::DeliveryQuery query{.where = Where(text)};
    query.oldest_first = *rc::gen::arbitrary<bool>();
    query.limit = *rc::gen::element(1, 3, 100);
    query.examine = *rc::gen::element(1, 4, 1'000);
    std::vector<Uuid> expected;
    for (const auto& record : records) {
      if (testing::Matches(query.where, record)) expected.push_back(record.delivery_id);
    }
    if (query.oldest_first) std::reverse(expected.begin(), expected.end());
    RC_LOG() << text << "\n";
    RC_ASSERT(AllPages(query, 100) == expected);
  });
  EXPECT_TRUE(holds);
}

TEST_P(DeliveryFilterContract, APageLooksAtNoMoreThanItMay) {
  const auto webhook = Create(SpecNamed("Tickets"));
  for (int i = 0; i < 12; ++i) {
    ids_.push_back(
        Publish(webhook, EventOf("ticket.created", i == 0 ? "1" : "2")).window_id);
    if (i < 9)
      Finish(webhook, {EventOf("ticket.created", i == 0 ? "1" : "2")},
             DeliveryState::kSucceeded, 200);
    harness().Tick();
  }
  // No index leads to what is none of 2.
  store::DeliveryQuery query{.where = Where("object_id != 2"), .examine = 4};
  const auto first = deliveries().ListDeliveries(kTenant, query).value();
  EXPECT_THAT(first.deliveries, IsEmpty());
  EXPECT_TRUE(first.more);
  EXPECT_LE(first.examined, 4);
  EXPECT_THAT(AllPages(query, 10), ElementsAre(ids_[0]));
  query.examine = 100;
  const auto all = deliveries().ListDeliveries(kTenant, query).value();
  EXPECT_THAT(all.deliveries, SizeIs(1));
  EXPECT_FALSE(all.more);
}

TEST_P(DeliveryFilterContract, AttemptsThatCameBeforeTheEndCountWhereTheEndHadNone) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const Uuid id = Publish(webhook).window_id;
  Record({Ended(webhook, DeliveryState::kRetrying, 502)});
  auto cancelled = Ended(webhook, DeliveryState::kCancelled, 0);
  cancelled.attempt.reset();
  ASSERT_EQ(Record({cancelled}), 0);
  EXPECT_EQ(Get(id).last_attempt->status_code, 502);
  EXPECT_THAT(ListWhere("status_code = 502"), ElementsAre(id));
  EXPECT_THAT(ListWhere("error = HTTP"), ElementsAre(id));
  EXPECT_THAT(ListWhere("-status_code:*"), IsEmpty());
}

}  // namespace
}  // namespace windrow::contract
