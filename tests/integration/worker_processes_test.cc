// Real worker processes against a real endpoint: started, stopped, killed, frozen.
#include <signal.h>

#include <algorithm>
#include <set>
#include <utility>

#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"

namespace windrow::integration {
namespace {

using store::DeliveryState;
using testing::ChildProcess;
using ::testing::Each;
using testing::ItemReceiver;
using ::testing::Pair;
using ::testing::SizeIs;

// No test takes that long on any machine; a lost item does.
constexpr std::chrono::seconds kLimit{90};
constexpr absl::Duration kEndLimit = absl::Seconds(60);
constexpr int kMaxInFlight = 200;  // of each worker that StartWorker starts

class WorkerProcessesTest : public PipelineTest {
 protected:
  std::vector<std::unique_ptr<ChildProcess>> StartWorkers(int count,
                                                          const ItemReceiver& receiver) {
    std::vector<std::unique_ptr<ChildProcess>> workers;
    for (int i = 0; i < count; ++i) workers.push_back(StartWorker(receiver));
    return workers;
  }

  // Every published item arrived and every delivery is on record as succeeded.
  void ExpectAllDelivered(const ItemReceiver& receiver,
                          const std::vector<std::int64_t>& published) {
    ASSERT_TRUE(receiver.WaitForItems(published.size(), kLimit))
        << receiver.distinct_items() << " of " << published.size();
    ASSERT_TRUE(WaitUntilAllEnded(kEndLimit));
    std::set<std::int64_t> received;
    for (const auto& [number, times] : receiver.items()) received.insert(number);
    EXPECT_EQ(received, std::set<std::int64_t>(published.begin(), published.end()));
    std::set<std::string> deliveries;
    for (const auto& request : receiver.requests())
      deliveries.insert(request.delivery_id);
    EXPECT_EQ(CountDeliveries(),
              (std::map<DeliveryState, int>{
                  {DeliveryState::kSucceeded, static_cast<int>(deliveries.size())}}));
  }
};

TEST_F(WorkerProcessesTest, FourWorkersSendTenThousandItemsInOneHundredFullBatches) {
  ItemReceiver receiver;
  Create("Batched", receiver.Url(),
         {.mode = domain::BatchMode::kAny, .wait = absl::Hours(1), .max_items = 100});
  const auto workers = StartWorkers(4, receiver);
  const auto published = Publish(10'000);
  ExpectAllDelivered(receiver, published);

  const auto requests = receiver.requests();
  EXPECT_THAT(requests, SizeIs(100));
  for (const auto& request : requests) {
    EXPECT_THAT(request.escmsg_ids, SizeIs(100));
    EXPECT_TRUE(std::is_sorted(request.escmsg_ids.begin(), request.escmsg_ids.end()));
  }
  EXPECT_THAT(receiver.items(), Each(Pair(::testing::_, 1)));
  for (const auto& worker : workers) EXPECT_EQ(worker->Stop(), 0);
}

TEST_F(WorkerProcessesTest, FourWorkersSendTenThousandItemsOneByOneOnce) {
  ItemReceiver receiver;
  Create("Single", receiver.Url());
  const auto workers = StartWorkers(4, receiver);
  const auto published = Publish(10'000);
  ExpectAllDelivered(receiver, published);
  EXPECT_THAT(receiver.items(), Each(Pair(::testing::_, 1)));
}

TEST_F(WorkerProcessesTest, TwentyFiveItemsAtTenGoTenAndTenAtOnceAndFiveAtTheWait) {
  ItemReceiver receiver;
  Create("Batched", receiver.Url(),
         {.mode = domain::BatchMode::kAny, .wait = absl::Seconds(2), .max_items = 10});
  const auto workers = StartWorkers(2, receiver);
  const absl::Time start = absl::Now();
  const auto published = Publish(25);
  ASSERT_TRUE(receiver.WaitForItems(20, kLimit));
  EXPECT_EQ(receiver.distinct_items(), 20u);
  ExpectAllDelivered(receiver, published);
  EXPECT_GE(absl::Now() - start, absl::Seconds(2));
  std::vector<std::size_t> sizes;
  for (const auto& request : receiver.requests()) {
    sizes.push_back(request.escmsg_ids.size());
  }
  EXPECT_THAT(sizes, ::testing::ElementsAre(10u, 10u, 5u));
}

TEST_F(WorkerProcessesTest, AKilledWorkerLosesNothingAndRepeatsOnlyWhatItHeld) {
  ItemReceiver receiver(std::chrono::milliseconds(5));
  Create("Single", receiver.Url());
  auto workers = StartWorkers(2, receiver);
  const auto published = Publish(6'000);
  ASSERT_TRUE(receiver.WaitForItems(1'000, kLimit));
  workers[0]->Kill();
  workers[0] = StartWorker(receiver);
  ASSERT_TRUE(receiver.WaitForItems(3'000, kLimit));
  workers[1]->Kill();
  ExpectAllDelivered(receiver, published);
  EXPECT_LE(receiver.repeats(), 2 * kMaxInFlight);
}

TEST_F(WorkerProcessesTest, WithoutAnyWorkerNothingIsLostAndTheNextOnesGoOn) {
  ItemReceiver receiver(std::chrono::milliseconds(5));
  Create("Single", receiver.Url());
  auto workers = StartWorkers(2, receiver);
  auto published = Publish(3'000);
  ASSERT_TRUE(receiver.WaitForItems(500, kLimit));
  for (auto& worker : workers) worker->Kill();
  for (const std::int64_t number : Publish(1'000)) published.push_back(number);
  workers = StartWorkers(4, receiver);
  ExpectAllDelivered(receiver, published);
}

TEST_F(WorkerProcessesTest, ARollingRestartUnderLoadSendsNothingTwice) {
  ItemReceiver receiver(std::chrono::milliseconds(5));
  Create("Single", receiver.Url());
  auto workers = StartWorkers(2, receiver);
  const auto published = Publish(6'000);
  for (std::size_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(receiver.WaitForItems(1'000 * (i + 1), kLimit));
    EXPECT_EQ(workers[i % 2]->Stop(), 0);
    workers[i % 2] = StartWorker(receiver);
  }
  ExpectAllDelivered(receiver, published);
  EXPECT_EQ(receiver.repeats(), 0);
}

TEST_F(WorkerProcessesTest, AWorkerThatFreezesPastItsLeaseIsLateAndChangesNothing) {
  ItemReceiver receiver(std::chrono::milliseconds(300));
  Create("Single", receiver.Url());
  auto frozen = StartWorker(receiver);
  const auto published = Publish(200);
  ASSERT_TRUE(receiver.WaitForItems(20, kLimit));
  frozen->Signal(SIGSTOP);
  auto other = StartWorker(receiver);
  ExpectAllDelivered(receiver, published);
  const auto late = [this] {
    return database().Query("SELECT count(*) FROM attempts WHERE late").value()[0][0];
  };
  EXPECT_EQ(late(), "0");
  frozen->Signal(SIGCONT);
  EXPECT_TRUE(WaitFor([&] { return late() != "0"; }, kEndLimit));
  EXPECT_EQ(frozen->Stop(), 0);
  EXPECT_EQ(CountDeliveries(),
            (std::map<DeliveryState, int>{{DeliveryState::kSucceeded, 200}}));
}

TEST_F(WorkerProcessesTest, ADatabaseThatCrashesUnderLoadNeedsNoRestartOfOurs) {
  ItemReceiver receiver(std::chrono::milliseconds(5));
  Create("Single", receiver.Url());
  const auto workers = StartWorkers(2, receiver);
  const auto published = Publish(6'000);
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(receiver.WaitForItems(1'000 * (i + 1), kLimit));
    const auto cluster = testing::PostgresCluster::Shared();
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    const absl::Status restarted = (*cluster)->CrashAndRestart();
    ASSERT_TRUE(restarted.ok()) << restarted;
  }
  ExpectAllDelivered(receiver, published);
}

}  // namespace
}  // namespace windrow::integration
