// Many workers and many servers on one queue, as threads with connections of their own.
#include <absl/time/clock.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <set>
#include <utility>

#include "tests/integration/pipeline_fixture.h"

namespace windrow::integration {
namespace {

using ::testing::Each;
using ::testing::Pair;
using ::testing::SizeIs;

using Item = std::pair<Uuid, std::int64_t>;  // webhook, escmsg_id

// What one worker took.
struct Taken {
  std::vector<Item> items;
  std::vector<std::size_t> window_sizes;
  bool sorted = true;
  int late = 0;
};

class QueueWorkersTest : public PipelineTest {
 protected:
  // Claims and records until the workers together have `wanted` items.
  Taken Work(int wanted) {
    const auto own_store = OpenStore();
    const store::WorkerId worker = own_store->RegisterWorker("test").value();
    const absl::Time end = absl::Now() + absl::Minutes(3);
    Taken taken;
    while (total_ < wanted && absl::Now() < end) {
      const auto found = own_store->ScanBuckets(0, 1'023).value();
      std::vector<store::WantedWebhook> due;
      for (const Uuid& id : found) due.push_back({id, 40});
      const auto claim = own_store->ClaimWindows(worker, due, absl::Minutes(1)).value();
      std::vector<store::Outcome> outcomes;
      for (const auto& window : claim.windows) outcomes.push_back(Send(window, &taken));
      taken.late += own_store->Record(outcomes).value();
    }
    return taken;
  }

 private:
  store::Outcome Send(const store::ClaimedWindow& window, Taken* taken) {
    store::Outcome outcome{.window_id = window.window_id,
                           .tenant_id = window.tenant_id,
                           .webhook_id = window.webhook_id,
                           .webhook_version = window.webhook_version,
                           .lease_seq = window.lease_seq,
                           .state = store::DeliveryState::kSucceeded,
                           .attempt = store::Attempt{.attempt = 1, .status_code = 200},
                           .keep_bodies = false};
    std::int64_t last = 0;
    for (const auto& item : window.items) {
      taken->sorted = taken->sorted && item.ref.escmsg_id > last;
      last = item.ref.escmsg_id;
      taken->items.emplace_back(window.webhook_id, last);
      outcome.items.push_back(item.ref);
      outcome.event_types.emplace_back("ticket.created");
      outcome.object_ids.emplace_back("1");
    }
    taken->window_sizes.push_back(window.items.size());
    total_ += static_cast<int>(window.items.size());
    return outcome;
  }

  std::atomic<int> total_{0};
};

TEST_F(QueueWorkersTest, FourWorkersTakeEachItemOfTenThousandEventsOnce) {
  const std::string url = "https://receiver.example/";
  const auto single = Create("Single", url);
  const auto batched = Create(
      "Batched", url,
      {.mode = domain::BatchMode::kAny, .wait = absl::Seconds(1), .max_items = 100});
  std::vector<std::future<Taken>> workers;
  for (int i = 0; i < 4; ++i) {
    workers.push_back(std::async(std::launch::async, [&] { return Work(20'000); }));
  }
  auto other_server = std::async(std::launch::async, [&] { return Publish(5'000, 83); });
  std::vector<std::int64_t> published = Publish(5'000, 500);
  for (const std::int64_t number : other_server.get()) published.push_back(number);

  std::map<Item, int> times;
  std::vector<std::size_t> sizes;
  for (auto& worker : workers) {
    const Taken taken = worker.get();
    EXPECT_TRUE(taken.sorted);
    EXPECT_EQ(taken.late, 0);
    for (const Item& item : taken.items) ++times[item];
    sizes.insert(sizes.end(), taken.window_sizes.begin(), taken.window_sizes.end());
  }
  std::set<Item> expected;
  for (const std::int64_t number : published) {
    expected.insert({single.webhook_id, number});
    expected.insert({batched.webhook_id, number});
  }
  ASSERT_THAT(expected, SizeIs(20'000));
  EXPECT_THAT(times, SizeIs(20'000));
  EXPECT_THAT(times, Each(Pair(::testing::_, 1)));
  for (const auto& [item, count] : times) EXPECT_TRUE(expected.contains(item));
  EXPECT_LE(*std::max_element(sizes.begin(), sizes.end()), 100u);
  EXPECT_EQ(CountDeliveries(),
            (std::map<store::DeliveryState, int>{
                {store::DeliveryState::kSucceeded, static_cast<int>(sizes.size())}}));
}

TEST_F(QueueWorkersTest, TwoServersFillOneWindowAtATimeToItsLastPlace) {
  Create("Batched", "https://receiver.example/",
         {.mode = domain::BatchMode::kAny, .wait = absl::Hours(1), .max_items = 10});
  auto other = std::async(std::launch::async, [&] { return Publish(1'998, 37); });
  std::vector<std::int64_t> published = Publish(2'002, 11);
  for (const std::int64_t number : other.get()) published.push_back(number);

  // 4,000 items at 10: neither server left a place free, neither passed the limit.
  const Taken taken = Work(4'000);
  EXPECT_THAT(taken.window_sizes, SizeIs(400));
  EXPECT_THAT(taken.window_sizes, Each(10u));
  std::set<std::int64_t> numbers;
  for (const Item& item : taken.items) numbers.insert(item.second);
  EXPECT_EQ(numbers, std::set<std::int64_t>(published.begin(), published.end()));
}

// Four servers whose transactions meet in several windows at once: sorted locks, no
// deadlock, no lost item.
TEST_F(QueueWorkersTest, ServersThatMeetInManyWindowsDoNotLockEachOtherOut) {
  std::size_t webhooks = 6;
  for (std::size_t i = 0; i < webhooks; ++i) {
    Create(
        "Batched " + std::to_string(i), "https://receiver.example/",
        {.mode = domain::BatchMode::kSameEvent, .wait = absl::Hours(1), .max_items = 20});
  }
  std::vector<std::future<std::vector<std::int64_t>>> servers;
  for (int i = 0; i < 4; ++i) {
    servers.push_back(std::async(std::launch::async, [&] { return Publish(500, 7); }));
  }
  std::size_t published = 0;
  for (auto& server : servers) published += server.get().size();
  EXPECT_EQ(published, 2'000u);
  const Taken taken = Work(12'000);
  EXPECT_THAT(taken.items, SizeIs(12'000));
  EXPECT_THAT(std::set<Item>(taken.items.begin(), taken.items.end()), SizeIs(12'000));
  EXPECT_THAT(taken.window_sizes, Each(20u));
}

}  // namespace
}  // namespace windrow::integration
