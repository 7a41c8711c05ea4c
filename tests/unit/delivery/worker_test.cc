#include "workers/delivery/worker.h"

#include <chrono>
#include <thread>

#include "tests/unit/delivery/delivery_fixture.h"

namespace windrow::delivery {
namespace {

using store::DeliveryState;

// Waits for what other threads do, at most 20 s.
template <typename Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

// The worker's own threads and the machine's clock, on storage in memory.
class WorkerTest : public DeliveryTest {
 protected:
  std::unique_ptr<DeliveryWorker> Make(std::unique_ptr<FakeSender> sender,
                                       absl::Duration shutdown = absl::Seconds(20)) {
    DeliveryOptions options{.worker_name = "test", .shutdown_timeout = shutdown};
    return std::make_unique<DeliveryWorker>(options, &store_, store_.Listen(),
                                            std::move(sender), &SystemClock(),
                                            DeliveryMetrics());
  }
  int Succeeded(const std::vector<Uuid>& ids) {
    return static_cast<int>(std::ranges::count_if(ids, [this](const Uuid& id) {
      return StateOf(id) == DeliveryState::kSucceeded;
    }));
  }
};

TEST_F(WorkerTest, DeliversWhatWasPublishedBeforeAndAfterItsStart) {
  const auto webhook = Create(SpecNamed("a"));
  const std::vector<Uuid> before = Publish(webhook, 200);
  auto worker = Make(std::make_unique<FakeSender>(/*answer_all=*/true));
  worker->Start();
  EXPECT_TRUE(Eventually([&] { return Succeeded(before) == 200; }));
  const std::vector<Uuid> after = Publish(webhook, 200);
  EXPECT_TRUE(Eventually([&] { return Succeeded(after) == 200; }));
  EXPECT_TRUE(worker->Health().ok());
  EXPECT_TRUE(worker->Stop());
}

TEST_F(WorkerTest, AStopLetsRequestsFinishAndRecordsThem) {
  auto sender = std::make_unique<FakeSender>();
  FakeSender* requests = sender.get();
  const auto webhook = Create(SpecNamed("a"));
  const std::vector<Uuid> ids = Publish(webhook, 3);
  auto worker = Make(std::move(sender));
  worker->Start();
  ASSERT_TRUE(Eventually([&] { return requests->count() == 1; }));
  std::thread answer([&] { requests->Finish(0, Answer(200)); });
  EXPECT_TRUE(worker->Stop());
  answer.join();
  EXPECT_EQ(StateOf(ids[0]), DeliveryState::kSucceeded);
  for (const Uuid& id : ids) EXPECT_NE(StateOf(id), DeliveryState::kInFlight);
}

TEST_F(WorkerTest, AStopCutsWhatDoesNotFinishInTimeAndRecordsThat) {
  auto sender = std::make_unique<FakeSender>();
  FakeSender* requests = sender.get();
  const std::vector<Uuid> ids = Publish(Create(SpecNamed("a")), 1);
  auto worker = Make(std::move(sender), absl::Milliseconds(20));
  worker->Start();
  ASSERT_TRUE(Eventually([&] { return requests->count() == 1; }));
  EXPECT_TRUE(worker->Stop());
  EXPECT_EQ(StateOf(ids[0]), DeliveryState::kRetrying);
  EXPECT_EQ(AttemptsOf(ids[0]).front().error_detail, "shutting down");
}

TEST_F(WorkerTest, StopsWithoutHavingStarted) {
  auto worker = Make(std::make_unique<FakeSender>());
  EXPECT_TRUE(worker->Stop());
}

}  // namespace
}  // namespace windrow::delivery
