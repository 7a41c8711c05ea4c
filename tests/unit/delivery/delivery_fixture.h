// What tests of the worker share: storage in memory behind a queue that can misbehave, a
// sender that answers when told, and the loops between them, driven by hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/http/sender.h"
#include "tests/support/fake_store.h"
#include "workers/delivery/claim_loop.h"
#include "workers/delivery/database_clock.h"
#include "workers/delivery/dispatcher.h"
#include "workers/delivery/options.h"
#include "workers/delivery/outcome_queue.h"
#include "workers/delivery/profile_cache.h"
#include "workers/delivery/record_loop.h"
#include "workers/delivery/upkeep_loop.h"
#include "workers/runtime/wake_signal.h"

namespace windrow::delivery {

inline constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

// An answer of that status that took `took`.
http::Response Answer(int status, absl::Duration took = absl::Milliseconds(5));
http::Response Failure(http::ErrorKind kind, std::string detail = "no luck");

// Holds requests until the test answers them. Thread-safe.
class FakeSender final : public http::HttpSender {
 public:
  struct Sent {
    http::Request request;
    Done done;
    bool answered = false;
  };

  // With `answer_all` each request is answered with 200 at once.
  explicit FakeSender(bool answer_all = false) : answer_all_(answer_all) {}
  // Ends what is in flight, as the real one does.
  ~FakeSender() override;
  void Send(http::Request request, Done done) override;
  std::size_t in_flight() const override;

  std::size_t count() const;
  const http::Request& request(std::size_t i) const;
  void Finish(std::size_t i, http::Response response);
  // Answers all that are in flight, not those that start by it.
  void FinishAll(const http::Response& response);
  std::vector<std::string> Urls() const;

 private:
  bool answer_all_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Sent>> sent_;
};

// The value of a header of that request, or "".
std::string HeaderOf(const http::Request& request, const std::string& name);

// Passes calls on to the fake store, and notes or spoils some.
class SpyQueue final : public store::DeliveryQueue {
 public:
  explicit SpyQueue(testing::FakeStore* store) : store_(store) {}

  absl::StatusOr<store::WorkerId> RegisterWorker(const std::string& name) override {
    return store_->RegisterWorker(name);
  }
  absl::StatusOr<store::DueScan> FindDue(absl::Time cursor) override {
    return store_->FindDue(cursor);
  }
  absl::StatusOr<std::vector<Uuid>> ScanBuckets(int from, int to) override;
  absl::StatusOr<store::Claim> ClaimWindows(
      store::WorkerId worker, const std::vector<store::WantedWebhook>& wanted,
      absl::Duration slack) override;
  absl::StatusOr<int> Record(const std::vector<store::Outcome>& outcomes) override;
  absl::StatusOr<std::vector<bool>> Renew(const std::vector<store::HeldWindow>& held,
                                          absl::Duration from_now) override;
  absl::Status Release(const std::vector<store::HeldWindow>& held) override;
  absl::StatusOr<std::vector<store::WebhookHead>> ReadHeads(
      const std::vector<Uuid>& webhooks) override {
    return store_->ReadHeads(webhooks);
  }
  absl::StatusOr<store::StoredWebhook> LoadWebhook(const Uuid& webhook_id) override;
  absl::StatusOr<domain::WebhookSpec> LoadVersion(const Uuid& webhook_id,
                                                  std::int32_t version) override {
    return store_->LoadVersion(webhook_id, version);
  }

  std::vector<std::pair<int, int>> scans;
  std::vector<std::vector<store::WantedWebhook>> claims;
  std::vector<std::vector<store::Outcome>> records;  // that were taken
  std::vector<std::vector<store::HeldWindow>> renewals;
  std::vector<absl::Duration> renewed_for;
  std::vector<store::HeldWindow> released;
  int loads = 0;
  std::map<Uuid, absl::Status> load_errors;
  std::function<absl::Status(const std::vector<store::Outcome>&)> before_record;
  std::function<void(store::Claim*)> after_claim;
  std::function<void()> before_scan;

 private:
  testing::FakeStore* store_;
};

class DeliveryTest : public ::testing::Test {
 protected:
  explicit DeliveryTest(DeliveryOptions options = {.worker_name = "test"});
  // Ends what is in flight while the dispatcher is there to hear it.
  ~DeliveryTest() override;

  // An enabled webhook at https://<name>.example/hook with one trigger.
  static domain::WebhookSpec SpecNamed(const std::string& name);
  store::StoredWebhook Create(const domain::WebhookSpec& spec);
  store::StoredWebhook Update(const store::StoredWebhook& webhook,
                              const domain::WebhookSpec& spec);
  // Publishes events that become one delivery each; answers the deliveries' ids.
  std::vector<Uuid> Publish(const store::StoredWebhook& webhook, int count);
  // Publishes events that become one delivery together.
  Uuid PublishBatch(const store::StoredWebhook& webhook, int count);
  // Both clocks move.
  void Advance(absl::Duration by);

  // Claims until there is nothing to do at once.
  absl::Duration ClaimAll();
  void RecordAll();
  store::DeliveryState StateOf(const Uuid& delivery);
  store::DeliveryRecord Get(const Uuid& delivery);
  std::vector<store::Attempt> AttemptsOf(const Uuid& delivery);

  DeliveryOptions options_;
  ManualClock database_time_{absl::FromUnixSeconds(1'800'000'000)};
  ManualClock local_{absl::FromUnixSeconds(1'800'000'000)};
  double random_ = 0.5;
  testing::FakeStore store_{database_time_};
  SpyQueue queue_{&store_};
  FakeSender sender_;
  worker::WakeSignal claim_wake_, record_wake_, stopped_;
  DatabaseClock clock_{&local_};
  OutcomeQueue outcomes_{&record_wake_};
  ProfileCache profiles_{&queue_, /*allow_http=*/false};
  Dispatcher dispatcher_;
  ClaimLoop claim_;
  RecordLoop record_;
  UpkeepLoop upkeep_;

 private:
  Uuid PublishWindow(const store::StoredWebhook& webhook, int count);
  UuidV7Generator ids_;
  int objects_ = 0;
};

}  // namespace windrow::delivery
