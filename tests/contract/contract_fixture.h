// The fixture of every contract test: a fresh storage, and short words for what tests do
// with it. A call that must succeed is unwrapped with value(): its status fails the test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/contract/store_harness.h"

#define EXPECT_OK(expr)                                       \
  do {                                                        \
    const absl::Status windrow_expected_ = (expr);            \
    EXPECT_TRUE(windrow_expected_.ok()) << windrow_expected_; \
  } while (false)

namespace windrow::contract {

inline constexpr store::TenantId kTenant = store::kDefaultTenant;

// An enabled webhook with one trigger for "ticket.created".
domain::WebhookSpec SpecNamed(const std::string& name);
domain::WebhookSpec BatchingSpec(const std::string& name);
// A declared event type, "order.paid", with all that one may have.
domain::EventTypeSpec OrderPaid();
domain::Event EventOf(const std::string& type, const std::string& object_id);

// A filter of deliveries.
filter::Filter Where(const std::string& filter);

// A complete attempt with its response, number `attempt`.
store::Attempt AttemptAnswered(int attempt, int status_code);

class ContractTest : public ::testing::TestWithParam<MakeHarness> {
 protected:
  ContractTest() : harness_(GetParam()()) {}

  StoreHarness& harness() { return *harness_; }
  store::WebhookStore& webhooks() { return harness_->webhooks(); }
  store::EventTypeStore& event_types() { return harness_->event_types(); }
  store::EventStore& events() { return harness_->events(); }
  store::DeliveryQueue& queue() { return harness_->queue(); }
  store::DeliveryStore& deliveries() { return harness_->deliveries(); }
  store::DeliveryControl& control() { return harness_->control(); }
  store::OperationStore& operations() { return harness_->operations(); }
  store::RetentionStore& retention() { return harness_->retention(); }
  store::StatsStore& stats() { return harness_->stats(); }
  store::ChangeStore& changes() { return harness_->changes(); }
  store::AccessStore& access() { return harness_->access(); }
  store::AuditStore& audit() { return harness_->audit(); }

  store::StoredWebhook Create(const domain::WebhookSpec& spec,
                              store::TenantId tenant = kTenant);
  // Replaces the spec of the newest version.
  store::StoredWebhook Update(const store::StoredWebhook& webhook,
                              const domain::WebhookSpec& spec);

  std::int64_t ConfigVersion(store::TenantId tenant = kTenant);
  // The database's clock.
  absl::Time Now();

  // A transaction that matched against the current configuration.
  std::unique_ptr<store::PublishTransaction> Begin(
      int numbers, const std::vector<store::EventKey>& keys = {},
      store::TenantId tenant = kTenant);
  Uuid NextWindowId();
  store::WindowGroup GroupOf(const store::StoredWebhook& webhook,
                             absl::Duration wait = absl::Hours(1),
                             const std::string& key = "any");

  // Publishes one event that one trigger wants, as a delivery of its own.
  struct Published {
    std::int64_t escmsg_id = 0;
    Uuid window_id;
  };
  Published Publish(const store::StoredWebhook& webhook, const domain::Event& event,
                    std::optional<Uuid> window_id = std::nullopt);
  Published Publish(const store::StoredWebhook& webhook);
  // Publishes events into the group's open window.
  struct Appended {
    Uuid window_id;
    std::vector<std::int64_t> escmsg_ids;
    domain::Fill before;
  };
  Appended Append(const store::WindowGroup& group, std::int32_t notification_id,
                  int count, bool closes = false, std::size_t bytes = 100);

  store::Claim Claim(const store::StoredWebhook& webhook, int room = 100);
  // The only due window of the webhook.
  store::ClaimedWindow ClaimOne(const store::StoredWebhook& webhook);
  // An outcome of this claim, with an attempt that got `status_code`.
  store::Outcome OutcomeOf(const store::ClaimedWindow& window, store::DeliveryState state,
                           int status_code);
  int Record(const std::vector<store::Outcome>& outcomes);
  store::HeldWindow HeldOf(const store::ClaimedWindow& window);

  store::DeliveryRecord Get(const Uuid& id, bool bodies = true);
  std::vector<store::Attempt> Attempts(const Uuid& id);
  // Ids of the deliveries that the query lists.
  std::vector<Uuid> List(const store::DeliveryQuery& query);
  std::vector<Uuid> ListWhere(const std::string& filter);

 private:
  std::unique_ptr<StoreHarness> harness_;
  std::optional<store::WorkerId> worker_;
  UuidV7Generator ids_;
};

// Suites, instantiated by each harness (suites.h).
class WebhookStoreContract : public ContractTest {};
class EventTypeContract : public ContractTest {};
class PublishContract : public ContractTest {};
class EventContract : public ContractTest {};
class ClaimContract : public ContractTest {};
class RateContract : public ContractTest {};
class OrderContract : public ContractTest {};
class RecordContract : public ContractTest {};
class CancelContract : public ContractTest {};
class ControlContract : public ContractTest {};
class OperationContract : public ContractTest {};
class AutoDisableContract : public ContractTest {
 protected:
  // The webhook's due delivery, or a new one, ends its attempt so. As it was claimed.
  store::ClaimedWindow End(const store::StoredWebhook& webhook,
                           store::DeliveryState state, int status_code);
};
class DeliveryContract : public ContractTest {};
class AttemptContract : public ContractTest {};
class ListenerContract : public ContractTest {};
class RetentionContract : public ContractTest {};
class StatsContract : public ContractTest {};
class ChangeContract : public ContractTest {};
class AccessContract : public ContractTest {};
class AuditContract : public ContractTest {
 protected:
  // Newest first.
  std::vector<store::AuditEntry> Entries(store::TenantId tenant = kTenant);
  std::vector<std::string> Actions(store::TenantId tenant = kTenant);
  store::AuditEntry Newest();
  store::StoredWebhook CreateBy(const store::Author& author, const std::string& name);
  // By an author of the tests' own.
  store::StoredWebhook Change(const store::StoredWebhook& webhook,
                              const std::function<void(store::StoredWebhook*)>& edit);
};

}  // namespace windrow::contract
