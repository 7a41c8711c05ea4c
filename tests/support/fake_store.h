// Storage in memory, for tests: a real, small implementation of every interface of
// common/store. It passes the contract tests that PostgreSQL passes (tests/contract).
//
//   ManualClock clock(absl::FromUnixSeconds(1'800'000'000));
//   FakeStore store(clock);          // with the tenant kDefaultTenant
//   store.Create(kDefaultTenant, spec, secrets);
//   store.AdvanceClock(absl::Seconds(5));  // windows become due, listeners wake
//
// The clock is the database's. Thread-safe. Transactions must not outlive the store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/store/audit_store.h"
#include "common/store/change_store.h"
#include "common/store/delivery_control.h"
#include "common/store/delivery_queue.h"
#include "common/store/delivery_store.h"
#include "common/store/event_store.h"
#include "common/store/event_type_store.h"
#include "common/store/operation_store.h"
#include "common/store/retention_store.h"
#include "common/store/stats_store.h"
#include "common/store/webhook_store.h"

namespace windrow::testing {

struct FakeState;

class FakeStore final : public store::WebhookStore,
                        public store::EventTypeStore,
                        public store::EventStore,
                        public store::DeliveryQueue,
                        public store::DeliveryStore,
                        public store::DeliveryControl,
                        public store::OperationStore,
                        public store::RetentionStore,
                        public store::StatsStore,
                        public store::ChangeStore,
                        public store::AuditStore {
 public:
  explicit FakeStore(ManualClock& clock);
  ~FakeStore() override;

  // Hooks for tests.
  store::TenantId AddTenant(const std::string& name = "");
  // Moves the clock and wakes the listeners, as their timers would.
  void AdvanceClock(absl::Duration by);
  // Every call answers this status from now on; OK: works again.
  void SetDown(absl::Status status);
  // The next Commit answers this status. With `applied` it has written everything first,
  // as when the connection is lost after the commit was sent.
  void FailNextCommit(absl::Status status, bool applied);
  std::unique_ptr<store::QueueListener> Listen();
  // How often LearnEventTypes was called.
  int learn_calls() const;

  // WebhookStore
  absl::StatusOr<store::StoredWebhook> Create(const store::Author& author,
                                              domain::WebhookSpec spec,
                                              domain::WebhookSecrets secrets) override;
  absl::StatusOr<store::StoredWebhook> Get(store::TenantId tenant,
                                           const Uuid& id) override;
  absl::StatusOr<store::WebhookPage> List(store::TenantId tenant,
                                          const store::WebhookQuery& query) override;
  absl::StatusOr<store::StoredWebhook> Update(const store::Author& author, const Uuid& id,
                                              std::int32_t expected,
                                              domain::WebhookSpec spec,
                                              domain::WebhookSecrets secrets) override;
  absl::Status Delete(const store::Author& author, const Uuid& id,
                      std::optional<std::int32_t> expected) override;
  absl::StatusOr<std::vector<store::Notice>> ListNotices(int limit) override;
  absl::Status DeleteNotice(std::int64_t notice_id) override;
  absl::StatusOr<std::shared_ptr<const domain::MatchTable>> LoadMatchTable(
      store::TenantId tenant) override;

  // EventTypeStore
  absl::StatusOr<store::StoredEventType> CreateEventType(
      const store::Author& author, domain::EventTypeSpec spec) override;
  absl::StatusOr<store::StoredEventType> GetEventType(store::TenantId tenant,
                                                      const std::string& name) override;
  absl::StatusOr<store::EventTypePage> ListEventTypes(
      store::TenantId tenant, const std::optional<std::string>& after,
      int limit) override;
  absl::StatusOr<std::vector<store::StoredEventType>> FindEventTypes(
      store::TenantId tenant, const std::vector<std::string>& names) override;
  absl::StatusOr<store::StoredEventType> UpdateEventType(
      const store::Author& author, std::int32_t expected,
      domain::EventTypeSpec spec) override;
  absl::Status DeleteEventType(const store::Author& author, const std::string& name,
                               std::optional<std::int32_t> expected) override;
  absl::StatusOr<domain::UnknownTypes> GetUnknownTypes(store::TenantId tenant) override;
  absl::Status SetUnknownTypes(const store::Author& author,
                               domain::UnknownTypes unknown) override;
  absl::StatusOr<domain::Catalogue> LoadCatalogue(store::TenantId tenant) override;
  absl::StatusOr<std::vector<std::string>> LearnEventTypes(
      store::TenantId tenant, const std::vector<store::SeenEventType>& seen) override;

  // EventStore
  absl::StatusOr<std::unique_ptr<store::PublishTransaction>> BeginPublish(
      const store::PublishStart& start) override;
  absl::StatusOr<store::StoredEvent> GetEvent(store::TenantId tenant,
                                              std::int64_t escmsg_id) override;
  absl::StatusOr<store::EventPage> ListEvents(store::TenantId tenant,
                                              const store::EventQuery& query) override;

  // DeliveryQueue
  absl::StatusOr<store::WorkerId> RegisterWorker(const std::string& name) override;
  absl::StatusOr<store::DueScan> FindDue(absl::Time cursor) override;
  absl::StatusOr<std::vector<Uuid>> ScanBuckets(int from, int to) override;
  absl::StatusOr<store::Claim> ClaimWindows(
      store::WorkerId worker, const std::vector<store::WantedWebhook>& wanted,
      absl::Duration slack) override;
  absl::StatusOr<int> Record(const std::vector<store::Outcome>& outcomes) override;
  absl::StatusOr<std::vector<bool>> Renew(const std::vector<store::HeldWindow>& held,
                                          absl::Duration from_now) override;
  absl::Status Release(const std::vector<store::HeldWindow>& held) override;
  absl::StatusOr<std::vector<store::WebhookHead>> ReadHeads(
      const std::vector<Uuid>& webhooks) override;
  absl::StatusOr<store::StoredWebhook> LoadWebhook(const Uuid& webhook_id) override;
  absl::StatusOr<domain::WebhookSpec> LoadVersion(const Uuid& webhook_id,
                                                  std::int32_t version) override;

  // DeliveryStore
  absl::StatusOr<store::DeliveryPage> ListDeliveries(
      store::TenantId tenant, const store::DeliveryQuery& query) override;
  absl::StatusOr<store::DeliveryRecord> GetDelivery(store::TenantId tenant,
                                                    const Uuid& id, bool bodies) override;
  absl::StatusOr<store::AttemptPage> ListAttempts(store::TenantId tenant, const Uuid& id,
                                                  int offset, int limit) override;

  // DeliveryControl
  absl::StatusOr<std::vector<store::Requeue>> Redeliver(
      const store::Author& author, const std::vector<Uuid>& ids) override;
  absl::Status Cancel(const store::Author& author, const Uuid& id,
                      const std::string& reason) override;

  // OperationStore
  absl::StatusOr<store::StoredOperation> CreateOperation(
      const store::Author& author, const store::OperationSpec& spec) override;
  absl::StatusOr<store::StoredOperation> GetOperation(store::TenantId tenant,
                                                      const Uuid& id) override;
  absl::StatusOr<store::OperationPage> ListOperations(store::TenantId tenant,
                                                      const std::optional<Uuid>& before,
                                                      int limit) override;
  absl::StatusOr<store::StoredOperation> CancelOperation(const store::Author& author,
                                                         const Uuid& id) override;
  absl::StatusOr<std::optional<store::StoredOperation>> ClaimOperation(
      absl::Duration lease) override;
  absl::StatusOr<std::optional<store::OperationProgress>> AdvanceOperation(
      const store::StoredOperation& held, const store::OperationStep& step) override;

  // RetentionStore
  absl::StatusOr<store::RetentionReport> DropOld(
      const store::RetentionPolicy& policy) override;
  absl::StatusOr<store::HistoryFloors> ReadFloors(store::TenantId tenant) override;

  // StatsStore
  absl::StatusOr<store::Stats> ReadStats(store::TenantId tenant,
                                         const store::StatsQuery& query) override;
  absl::StatusOr<store::RollUpReport> RollUp() override;

  // ChangeStore
  absl::StatusOr<store::ChangeCursor> LastChange() override;
  absl::StatusOr<store::ChangeCursor> ChangesSince(absl::Time time) override;
  absl::StatusOr<store::ChangePage> ReadChanges(store::TenantId tenant,
                                                store::ChangeCursor after) override;
  absl::StatusOr<std::vector<store::DeliveryRecord>> LoadDeliveries(
      store::TenantId tenant, const std::vector<Uuid>& ids) override;

  // AuditStore
  absl::StatusOr<store::AuditPage> ListAuditEntries(
      store::TenantId tenant, const store::AuditQuery& query) override;
  absl::StatusOr<store::AuditEntry> GetAuditEntry(store::TenantId tenant,
                                                  const Uuid& id) override;

 private:
  std::unique_ptr<FakeState> state_;
};

}  // namespace windrow::testing
