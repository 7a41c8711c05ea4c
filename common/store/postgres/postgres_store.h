// Storage in PostgreSQL: everything that common/store/*.h asks for.
#pragma once

#include <absl/status/statusor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/crypto/live_key_ring.h"
#include "common/store/audit_store.h"
#include "common/store/change_store.h"
#include "common/store/delivery_control.h"
#include "common/store/delivery_queue.h"
#include "common/store/delivery_store.h"
#include "common/store/event_store.h"
#include "common/store/event_type_store.h"
#include "common/store/maintenance_store.h"
#include "common/store/operation_store.h"
#include "common/store/postgres/gates.h"
#include "common/store/postgres/key_field_sets.h"
#include "common/store/postgres/pool.h"
#include "common/store/postgres/webhook_tenants.h"
#include "common/store/retention_store.h"
#include "common/store/stats_store.h"
#include "common/store/webhook_store.h"

namespace windrow::store::postgres {

struct PostgresOptions {
  std::string url;  // postgresql://…, or "host=… dbname=…"
  // Likewise, to the server itself where `url` leads to a pooler in transaction mode: for
  // LISTEN. Empty: `url`.
  std::string direct_url;
  int pool_size = 10;  // connections for the API; the queue has up to 5 more
  std::string application_name = "windrow";
  std::shared_ptr<DatabaseErrors> errors;  // null: not told
};

// Thread-safe. A lost database is UNAVAILABLE until it is back; nothing needs a restart.
class PostgresStore final : public WebhookStore,
                            public EventTypeStore,
                            public EventStore,
                            public DeliveryStore,
                            public DeliveryControl,
                            public OperationStore,
                            public DeliveryQueue,
                            public MaintenanceStore,
                            public RetentionStore,
                            public StatsStore,
                            public ChangeStore,
                            public AuditStore {
 public:
  // Connects once, to check the schema (SCHEMA_MISMATCH where it does not fit).
  static absl::StatusOr<std::unique_ptr<PostgresStore>> Open(
      const PostgresOptions& options, std::shared_ptr<crypto::LiveKeyRing> key_ring);
  static absl::StatusOr<std::unique_ptr<PostgresStore>> Open(
      const PostgresOptions& options, crypto::KeyRing key_ring);

  // OK where the database answers and takes writes.
  absl::Status Ping();

  // WebhookStore (webhooks.cc)
  absl::StatusOr<StoredWebhook> Create(const Author& author, domain::WebhookSpec spec,
                                       domain::WebhookSecrets secrets) override;
  absl::StatusOr<StoredWebhook> Get(TenantId tenant, const Uuid& id) override;
  absl::StatusOr<WebhookPage> List(TenantId tenant, const WebhookQuery& query) override;
  absl::StatusOr<StoredWebhook> Update(const Author& author, const Uuid& id,
                                       std::int32_t expected, domain::WebhookSpec spec,
                                       domain::WebhookSecrets secrets) override;
  absl::Status Delete(const Author& author, const Uuid& id,
                      std::optional<std::int32_t> expected) override;
  absl::StatusOr<std::vector<Notice>> ListNotices(int limit) override;
  absl::Status DeleteNotice(std::int64_t notice_id) override;
  absl::StatusOr<std::shared_ptr<const domain::MatchTable>> LoadMatchTable(
      TenantId tenant) override;

  // EventTypeStore (event_types.cc)
  absl::StatusOr<StoredEventType> CreateEventType(const Author& author,
                                                  domain::EventTypeSpec spec) override;
  absl::StatusOr<StoredEventType> GetEventType(TenantId tenant,
                                               const std::string& name) override;
  absl::StatusOr<EventTypePage> ListEventTypes(TenantId tenant,
                                               const std::optional<std::string>& after,
                                               int limit) override;
  absl::StatusOr<std::vector<StoredEventType>> FindEventTypes(
      TenantId tenant, const std::vector<std::string>& names) override;
  absl::StatusOr<StoredEventType> UpdateEventType(const Author& author,
                                                  std::int32_t expected,
                                                  domain::EventTypeSpec spec) override;
  absl::Status DeleteEventType(const Author& author, const std::string& name,
                               std::optional<std::int32_t> expected) override;
  absl::StatusOr<domain::UnknownTypes> GetUnknownTypes(TenantId tenant) override;
  absl::Status SetUnknownTypes(const Author& author,
                               domain::UnknownTypes unknown) override;
  absl::StatusOr<domain::Catalogue> LoadCatalogue(TenantId tenant) override;
  absl::StatusOr<std::vector<std::string>> LearnEventTypes(
      TenantId tenant, const std::vector<SeenEventType>& seen) override;

  // EventStore (publish.cc, events.cc)
  absl::StatusOr<std::unique_ptr<PublishTransaction>> BeginPublish(
      const PublishStart& start) override;
  absl::StatusOr<StoredEvent> GetEvent(TenantId tenant, std::int64_t escmsg_id) override;
  absl::StatusOr<EventPage> ListEvents(TenantId tenant, const EventQuery& query) override;

  // DeliveryStore (deliveries.cc, delivery_list.cc)
  absl::StatusOr<DeliveryPage> ListDeliveries(TenantId tenant,
                                              const DeliveryQuery& query) override;
  absl::StatusOr<DeliveryRecord> GetDelivery(TenantId tenant, const Uuid& id,
                                             bool bodies) override;
  absl::StatusOr<AttemptPage> ListAttempts(TenantId tenant, const Uuid& id, int offset,
                                           int limit) override;

  // DeliveryControl (control.cc)
  absl::StatusOr<std::vector<Requeue>> Redeliver(const Author& author,
                                                 const std::vector<Uuid>& ids) override;
  absl::Status Cancel(const Author& author, const Uuid& id,
                      const std::string& reason) override;

  // OperationStore (operations.cc)
  absl::StatusOr<StoredOperation> CreateOperation(const Author& author,
                                                  const OperationSpec& spec) override;
  absl::StatusOr<StoredOperation> GetOperation(TenantId tenant, const Uuid& id) override;
  absl::StatusOr<OperationPage> ListOperations(TenantId tenant,
                                               const std::optional<Uuid>& before,
                                               int limit) override;
  absl::StatusOr<StoredOperation> CancelOperation(const Author& author,
                                                  const Uuid& id) override;
  absl::StatusOr<std::optional<StoredOperation>> ClaimOperation(
      absl::Duration lease) override;
  absl::StatusOr<std::optional<OperationProgress>> AdvanceOperation(
      const StoredOperation& held, const OperationStep& step) override;

  // DeliveryQueue (queue.cc, record.cc, webhooks.cc)
  absl::StatusOr<WorkerId> RegisterWorker(const std::string& name) override;
  absl::StatusOr<DueScan> FindDue(absl::Time cursor) override;
  absl::StatusOr<std::vector<Uuid>> ScanBuckets(int from, int to) override;
  absl::StatusOr<Claim> ClaimWindows(WorkerId worker,
                                     const std::vector<WantedWebhook>& wanted,
                                     absl::Duration slack) override;
  absl::StatusOr<int> Record(const std::vector<Outcome>& outcomes) override;
  absl::StatusOr<std::vector<bool>> Renew(const std::vector<HeldWindow>& held,
                                          absl::Duration from_now) override;
  absl::Status Release(const std::vector<HeldWindow>& held) override;
  absl::StatusOr<std::vector<WebhookHead>> ReadHeads(
      const std::vector<Uuid>& webhooks) override;
  absl::StatusOr<StoredWebhook> LoadWebhook(const Uuid& webhook_id) override;
  absl::StatusOr<domain::WebhookSpec> LoadVersion(const Uuid& webhook_id,
                                                  std::int32_t version) override;

  // AuditStore (audit.cc)
  absl::StatusOr<AuditPage> ListAuditEntries(TenantId tenant,
                                             const AuditQuery& query) override;
  absl::StatusOr<AuditEntry> GetAuditEntry(TenantId tenant, const Uuid& id) override;

  // MaintenanceStore
  absl::StatusOr<bool> MakePartitions(int days_ahead) override;

  // RetentionStore (retention.cc)
  absl::StatusOr<RetentionReport> DropOld(const RetentionPolicy& policy) override;
  absl::StatusOr<HistoryFloors> ReadFloors(TenantId tenant) override;

  // StatsStore (stats.cc)
  absl::StatusOr<Stats> ReadStats(TenantId tenant, const StatsQuery& query) override;
  absl::StatusOr<RollUpReport> RollUp() override;

  // ChangeStore (changes.cc)
  absl::StatusOr<ChangeCursor> LastChange() override;
  absl::StatusOr<ChangeCursor> ChangesSince(absl::Time time) override;
  absl::StatusOr<ChangePage> ReadChanges(TenantId tenant, ChangeCursor after) override;
  absl::StatusOr<std::vector<DeliveryRecord>> LoadDeliveries(
      TenantId tenant, const std::vector<Uuid>& ids) override;

 private:
  PostgresStore(const PostgresOptions& options,
                std::shared_ptr<crypto::LiveKeyRing> key_ring);
  absl::StatusOr<StoredWebhook> ReadWebhook(const Result& rows, int row) const;
  std::string SealSecrets(TenantId tenant, const Uuid& id,
                          const domain::WebhookSecrets& secrets) const;
  // What a webhook becomes; `sealed`: its secrets as they are stored.
  struct Replacement {
    domain::WebhookSpec spec;
    domain::WebhookSecrets secrets;
    std::string sealed;
    std::string disable_reason;  // where it is Windrow that disables it
  };
  // Replaces spec and secrets of a webhook that the transaction has locked, and tells the
  // audit log. With a `disable_reason` it is Windrow that disables it.
  absl::StatusOr<StoredWebhook> Replace(Connection* connection, const Author& author,
                                        const StoredWebhook& before,
                                        Replacement replacement);
  void DisableAll(const std::map<Uuid, std::pair<TenantId, std::string>>& due);
  absl::Status Disable(TenantId tenant, const Uuid& id, const std::string& reason);
  // Of a webhook; of one delivery.
  absl::Status CancelWaiting(Connection* connection, TenantId tenant, const Uuid& id,
                             const std::string& reason);
  absl::StatusOr<bool> CancelWaiting(const Author& author, const Uuid& id,
                                     const std::string& reason);
  // With the tenant of each; an unknown webhook has none, and nothing is claimed of it.
  absl::StatusOr<std::vector<OwnedWant>> Own(Connection* connection,
                                             const std::vector<WantedWebhook>& wanted);

  static absl::StatusOr<std::vector<Requeue>> RedeliverWithin(
      Connection* transaction, TenantId tenant, const std::vector<Uuid>& ids);
  static absl::StatusOr<domain::Catalogue> ReadCatalogue(Connection* connection,
                                                         TenantId tenant);
  // Of a webhook's triggers: adds what the catalogue does not hold.
  static absl::Status ExpectEventTypes(Connection* connection, TenantId tenant,
                                       const std::vector<std::string>& names);

  std::shared_ptr<crypto::LiveKeyRing> key_ring_;
  KeyFieldSets key_field_sets_;
  WebhookTenants webhook_tenants_;
  Pool api_;    // synchronous_commit on
  Pool queue_;  // off: see docs/adr/0004
};

// Behind a pooler in transaction mode, which has no LISTEN, it asks for a scan twice a
// second instead.
std::unique_ptr<QueueListener> MakeQueueListener(const PostgresOptions& options);

}  // namespace windrow::store::postgres
