// Several real workers and one endpoint that keeps account: rates, concurrency and order
// hold over all of them, whatever fails.
#include <absl/time/clock.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"

namespace windrow::integration {
namespace {

using testing::ChildProcess;
using ::testing::IsEmpty;
using testing_support::OkResponse;
using testing_support::RawConnection;
using testing_support::RawReceiver;

constexpr absl::Duration kLimit = absl::Seconds(90);

// Answers each item's first request with 500 where its number is a multiple of
// `fails_every`, all others with 200, after `delay`.
class Endpoint {
 public:
  Endpoint(std::chrono::milliseconds delay, std::int64_t fails_every)
      : delay_(delay),
        fails_every_(fails_every),
        receiver_([this](RawConnection& peer) { Serve(peer); }) {}

  std::string Url() const { return receiver_.Url("/hook"); }
  std::size_t succeeded() const {
    std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& [object, numbers] : succeeded_) count += numbers.size();
    return count;
  }
  // Times of arrival, in their order.
  std::vector<absl::Time> arrivals() const {
    std::lock_guard lock(mutex_);
    return arrivals_;
  }
  int most_running() const {
    std::lock_guard lock(mutex_);
    return most_running_;
  }
  // Objects that had two requests at a time, and items that came before others of their
  // object had succeeded. `published`: the numbers of each object, in order.
  std::vector<std::string> Faults(
      const std::map<std::string, std::vector<std::int64_t>>& published) const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> faults = faults_;
    for (const auto& [object, numbers] : published) {
      const auto found = first_successes_.find(object);
      const bool in_order = found != first_successes_.end() && found->second == numbers;
      if (!in_order) faults.push_back("object " + object + " is out of order");
    }
    return faults;
  }

 private:
  static std::string ObjectOf(const std::string& request) {
    constexpr std::string_view kKey = "\"object_id\":\"";
    const std::size_t at = request.find(kKey) + kKey.size();
    return request.substr(at, request.find('"', at) - at);
  }
  static std::int64_t NumberOf(const std::string& request) {
    constexpr std::string_view kKey = "\"escmsg_id\":";
    return std::strtoll(request.c_str() + request.find(kKey) + kKey.size(), nullptr, 10);
  }

  void Serve(RawConnection& peer) {
    while (const auto request = peer.ReadRequest()) {
      const std::string object = ObjectOf(*request);
      const std::int64_t number = NumberOf(*request);
      Begin(object);
      const bool goes_on = peer.Pause(delay_);
      const bool good = End(object, number);
      if (!goes_on || !peer.Send(good ? OkResponse()
                                      : "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n")) {
        return;
      }
    }
  }
  void Begin(const std::string& object) {
    std::lock_guard lock(mutex_);
    arrivals_.push_back(absl::Now());
    most_running_ = std::max(most_running_, ++running_);
    if (++running_of_[object] > 1) faults_.push_back("object " + object + " ran twice");
  }
  bool End(const std::string& object, std::int64_t number) {
    std::lock_guard lock(mutex_);
    --running_;
    --running_of_[object];
    const bool first = tried_.insert(number).second;
    if (first && number % fails_every_ == 0) return false;
    if (succeeded_[object].insert(number).second) {
      first_successes_[object].push_back(number);
    }
    return true;
  }

  const std::chrono::milliseconds delay_;
  const std::int64_t fails_every_;
  mutable std::mutex mutex_;
  std::vector<absl::Time> arrivals_;
  int running_ = 0;
  int most_running_ = 0;
  std::map<std::string, int> running_of_;
  std::set<std::int64_t> tried_;
  std::map<std::string, std::set<std::int64_t>> succeeded_;
  std::map<std::string, std::vector<std::int64_t>> first_successes_;
  std::vector<std::string> faults_;
  RawReceiver receiver_;
};

class PacedWorkersTest : public PipelineTest {
 protected:
  store::StoredWebhook CreateWith(const std::string& url, domain::RateLimit rate,
                                  domain::Ordering ordering) {
    store::StoredWebhook webhook = Create("Paced", url);
    webhook.spec.rate = rate;
    webhook.spec.ordering = ordering;
    return store()
        .Update(kTenant, webhook.webhook_id, webhook.version, webhook.spec,
                webhook.secrets)
        .value();
  }
  std::vector<std::unique_ptr<ChildProcess>> StartWorkers(int count) {
    std::vector<std::unique_ptr<ChildProcess>> workers;
    for (int i = 0; i < count; ++i) {
      workers.push_back(StartLoopbackWorker({"--lease-slack", "1s"}));
    }
    return workers;
  }
};

TEST_F(PacedWorkersTest, ThreeWorkersNeverRunMoreThanFourRequestsAtATime) {
  Endpoint endpoint(std::chrono::milliseconds(20), 7);
  CreateWith(endpoint.Url(), {.max_concurrent_requests = 4}, domain::Ordering::kNone);
  const auto workers = StartWorkers(3);
  Publish(150);
  EXPECT_TRUE(WaitFor([&] { return endpoint.succeeded() == 150; }, kLimit))
      << endpoint.succeeded();
  EXPECT_LE(endpoint.most_running(), 4);
  EXPECT_GE(endpoint.most_running(), 2);
  ASSERT_TRUE(WaitUntilAllEnded(kLimit));
}

TEST_F(PacedWorkersTest, ThreeWorkersKeepToOneRateWithRetriesCounted) {
  constexpr double kRate = 40, kBucket = 4;
  // What a request may be late by, between its claim and its arrival.
  constexpr double kLate = 0.5;
  Endpoint endpoint(std::chrono::milliseconds(1), 5);
  CreateWith(endpoint.Url(), {.requests_per_second = kRate}, domain::Ordering::kNone);
  const auto workers = StartWorkers(3);
  Publish(120);
  ASSERT_TRUE(WaitFor([&] { return endpoint.succeeded() == 120; }, kLimit))
      << endpoint.succeeded();
  const std::vector<absl::Time> arrivals = endpoint.arrivals();
  EXPECT_EQ(arrivals.size(), 144u);  // each fifth twice
  for (std::size_t first = 0; first < arrivals.size(); ++first) {
    for (std::size_t last = first; last < arrivals.size(); ++last) {
      const double seconds = absl::ToDoubleSeconds(arrivals[last] - arrivals[first]);
      ASSERT_LE(static_cast<double>(last - first + 1),
                kRate * (seconds + kLate) + kBucket)
          << seconds << " s";
    }
  }
  EXPECT_GE(arrivals.back() - arrivals.front(), absl::Seconds(3));
}

TEST_F(PacedWorkersTest, ABacklogAtALowRateSlowsNoOtherWebhook) {
  Endpoint limited(std::chrono::milliseconds(1), 1'000'000);
  Endpoint free(std::chrono::milliseconds(1), 1'000'000);
  CreateWith(limited.Url(), {.requests_per_second = 0.5}, domain::Ordering::kNone);
  Create("Free", free.Url());
  const auto workers = StartWorkers(2);
  Publish(1'000);
  EXPECT_TRUE(WaitFor([&] { return free.succeeded() == 1'000; }, absl::Seconds(60)));
  EXPECT_LE(limited.succeeded(), 31u);
  EXPECT_GE(limited.succeeded(), 1u);
}

TEST_F(PacedWorkersTest, ObjectsKeepTheirOrderThoughDeliveriesFailAndAWorkerIsKilled) {
  constexpr int kObjects = 10, kEvents = 200;
  Endpoint endpoint(std::chrono::milliseconds(5), 6);
  CreateWith(endpoint.Url(), {}, domain::Ordering::kPerObject);
  auto workers = StartWorkers(3);
  // Object 0 to 9, again and again.
  const std::vector<std::int64_t> numbers = Publish(kEvents, kObjects);
  std::map<std::string, std::vector<std::int64_t>> published;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    published[std::to_string(i % kObjects)].push_back(numbers[i]);
  }
  ASSERT_TRUE(WaitFor([&] { return endpoint.succeeded() >= 30; }, kLimit));
  workers[0]->Kill();
  workers[0] = StartLoopbackWorker({"--lease-slack", "1s"});
  EXPECT_TRUE(WaitFor([&] { return endpoint.succeeded() == kEvents; }, kLimit))
      << endpoint.succeeded();
  ASSERT_TRUE(WaitUntilAllEnded(kLimit));
  EXPECT_THAT(endpoint.Faults(published), IsEmpty());
}

TEST_F(PacedWorkersTest, AWebhookKeepsItsOrderOverAllObjects) {
  Endpoint endpoint(std::chrono::milliseconds(1), 9);
  CreateWith(endpoint.Url(), {}, domain::Ordering::kPerWebhook);
  const auto workers = StartWorkers(3);
  Publish(60, 7);
  EXPECT_TRUE(WaitFor([&] { return endpoint.succeeded() == 60; }, kLimit))
      << endpoint.succeeded();
  EXPECT_EQ(endpoint.most_running(), 1);
  ASSERT_TRUE(WaitUntilAllEnded(kLimit));
}

}  // namespace
}  // namespace windrow::integration
