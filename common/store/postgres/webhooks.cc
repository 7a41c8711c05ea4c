// Profiles in PostgreSQL.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/store/audit_entries.h"
#include "common/store/postgres/audit.h"
#include "common/store/postgres/gates.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/sealed_secrets.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/transaction.h"
#include "common/store/postgres/webhook_sql.h"

namespace windrow::store::postgres {
namespace {

absl::Status NotFound(const Uuid& id) {
  return WithReason(
      absl::NotFoundError(fmt::format("there is no webhook {}", id.ToString())),
      "WEBHOOK_NOT_FOUND");
}

absl::Status EtagMismatch() {
  return WithReason(absl::AbortedError("the webhook was changed since it was read: read "
                                       "it again and repeat the change"),
                    "ETAG_MISMATCH");
}

absl::Status NameTaken(absl::Status status, const std::string& name) {
  if (status.code() != absl::StatusCode::kAlreadyExists) return status;
  return WithReason(
      absl::AlreadyExistsError(fmt::format(
          "a webhook named \"{}\" exists; names differ by more than case", name)),
      "WEBHOOK_NAME_TAKEN");
}

std::int32_t TimeoutMs(const domain::WebhookSpec& spec) {
  return static_cast<std::int32_t>(absl::ToInt64Milliseconds(spec.timeout));
}

void ReadHealth(const Result& rows, int row, int first, StoredWebhook* webhook) {
  webhook->failing_since.reset();
  if (!rows.IsNull(row, first)) webhook->failing_since = rows.Time(row, first);
  webhook->failures = rows.Int4(row, first + 1);
  webhook->disable_reason = rows.Text(row, first + 2);
}

// All but the secrets.
absl::StatusOr<StoredWebhook> ReadProfile(const Result& rows, int row) {
  StoredWebhook webhook;
  webhook.webhook_id = rows.Id(row, 0);
  webhook.tenant_id = rows.Int4(row, 1);
  webhook.version = rows.Int4(row, 2);
  WINDROW_ASSIGN_OR_RETURN(webhook.spec,
                           domain::SpecFromJson(std::string(rows.Text(row, 3))));
  webhook.created_at = rows.Time(row, 5);
  webhook.updated_at = rows.Time(row, 6);
  ReadHealth(rows, row, 7, &webhook);
  return webhook;
}

std::vector<std::string> EventTypesOf(const domain::WebhookSpec& spec) {
  std::set<std::string> types;
  for (const domain::Trigger& trigger : spec.triggers) types.insert(trigger.event_type);
  return {types.begin(), types.end()};
}

ArrayParam LabelKeys(const domain::WebhookSpec& spec) {
  ArrayParam keys(ArrayParam::kText, spec.labels.size());
  for (const auto& [key, value] : spec.labels) keys.AddText(key);
  return keys;
}

ArrayParam LabelValues(const domain::WebhookSpec& spec) {
  ArrayParam values(ArrayParam::kText, spec.labels.size());
  for (const auto& [key, value] : spec.labels) values.AddText(value);
  return values;
}

// Gives numbers to triggers that have none yet.
absl::Status NumberTriggers(Connection* connection, TenantId tenant,
                            domain::WebhookSpec* spec) {
  const auto wanted = static_cast<std::int32_t>(
      std::count_if(spec->triggers.begin(), spec->triggers.end(),
                    [](const domain::Trigger& t) { return t.notification_id == 0; }));
  if (wanted == 0) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      connection->Run(kTakeNotificationIds, Params().Int4(tenant).Int4(wanted)));
  if (rows.rows() == 0) {
    return absl::NotFoundError(fmt::format("there is no tenant {}", tenant));
  }
  std::int32_t next = rows.Int4(0, 0);
  for (domain::Trigger& trigger : spec->triggers) {
    if (trigger.notification_id == 0) trigger.notification_id = next++;
  }
  return absl::OkStatus();
}

}  // namespace

std::string PostgresStore::SealSecrets(TenantId tenant, const Uuid& id,
                                       const domain::WebhookSecrets& secrets) const {
  return key_ring_->Seal(domain::SecretsToJson(secrets), SecretsPlace(tenant, id));
}

absl::StatusOr<StoredWebhook> PostgresStore::ReadWebhook(const Result& rows,
                                                         int row) const {
  WINDROW_ASSIGN_OR_RETURN(StoredWebhook webhook, ReadProfile(rows, row));
  // Who reads a webhook or lists many wants no secrets; who sends looks at the status.
  absl::StatusOr<std::string> secrets = key_ring_->Open(
      rows.Text(row, 4), SecretsPlace(webhook.tenant_id, webhook.webhook_id));
  webhook.secrets_status = secrets.status();
  if (secrets.ok()) {
    WINDROW_ASSIGN_OR_RETURN(webhook.secrets,
                             domain::SecretsFromJson(*std::move(secrets)));
  }
  return webhook;
}

absl::StatusOr<StoredWebhook> PostgresStore::Create(const Author& author,
                                                    domain::WebhookSpec spec,
                                                    domain::WebhookSecrets secrets) {
  const TenantId tenant = author.tenant;
  StoredWebhook webhook{.tenant_id = tenant,
                        .webhook_id = UuidV7Generator().Next(absl::Now()),
                        .version = 1,
                        .spec = std::move(spec),
                        .secrets = std::move(secrets)};
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_RETURN_IF_ERROR(transaction->Run(kLockConfig, Params().Int4(tenant)).status());
  WINDROW_RETURN_IF_ERROR(
      NumberTriggers(transaction.connection(), tenant, &webhook.spec));
  const std::vector<std::string> event_types = EventTypesOf(webhook.spec);
  WINDROW_RETURN_IF_ERROR(
      ExpectEventTypes(transaction.connection(), tenant, event_types));
  const std::string spec_json = domain::SpecToJson(webhook.spec);
  absl::StatusOr<Result> made = transaction->Run(
      kInsertWebhook,
      Params()
          .Id(webhook.webhook_id)
          .Int4(tenant)
          .Int2(BucketOf(webhook.webhook_id))
          .Text(webhook.spec.name)
          .Text(spec_json)
          .Text(SealSecrets(tenant, webhook.webhook_id, webhook.secrets))
          .Bool(webhook.spec.enabled)
          .Int4(TimeoutMs(webhook.spec))
          .Int8(absl::ToInt64Milliseconds(webhook.spec.auto_disable.after))
          .Int4(webhook.spec.auto_disable.consecutive_failures)
          .Text(webhook.spec.url)
          .Array(TextArray(event_types))
          .Array(LabelKeys(webhook.spec))
          .Array(LabelValues(webhook.spec)));
  if (!made.ok()) return NameTaken(made.status(), webhook.spec.name);
  webhook.created_at = made->Time(0, 0);
  webhook.updated_at = made->Time(0, 1);
  WINDROW_RETURN_IF_ERROR(SaveGate(transaction.connection(), tenant, webhook.webhook_id,
                                   /*before=*/nullptr, webhook.spec));
  WINDROW_RETURN_IF_ERROR(
      transaction
          ->Run(kInsertWebhookVersion,
                Params().Id(webhook.webhook_id).Int4(1).Text(spec_json).Int4(tenant))
          .status());
  WINDROW_RETURN_IF_ERROR(
      transaction->Run(kRaiseConfigVersion, Params().Int4(tenant)).status());
  WINDROW_RETURN_IF_ERROR(
      AppendAudit(transaction.connection(), EntryOf(author, nullptr, &webhook)));
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  return webhook;
}

absl::StatusOr<StoredWebhook> PostgresStore::Get(TenantId tenant, const Uuid& id) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows,
                           lease->Run(kGetWebhook, Params().Id(id).Int4(tenant)));
  if (rows.rows() == 0) return NotFound(id);
  return ReadWebhook(rows, 0);
}

absl::StatusOr<WebhookPage> PostgresStore::List(TenantId tenant,
                                                const WebhookQuery& query) {
  constexpr int kWanted = 10;  // the column; behind it is what was spent
  const SqlText text = ListWebhooksSql(tenant, query);
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows, lease->RunPlanned(text.sql, text.params));
  WebhookPage page;
  for (int row = 0; row < rows.rows(); ++row) {
    page.examined = static_cast<int>(rows.Int8(row, kWanted + 1));
    if (!rows.Bool(row, kWanted)) continue;
    page.more = static_cast<int>(page.webhooks.size()) == query.limit;
    if (page.more) break;
    WINDROW_ASSIGN_OR_RETURN(StoredWebhook webhook, ReadWebhook(rows, row));
    page.webhooks.push_back(std::move(webhook));
  }
  if (page.more) {
    page.position = page.webhooks.back().webhook_id;
  } else if (page.examined >= query.examine) {
    page.more = true;
    page.position = rows.Id(rows.rows() - 1, 0);
  }
  return page;
}

absl::Status PostgresStore::CancelWaiting(Connection* connection, TenantId tenant,
                                          const Uuid& id, const std::string& reason) {
  return connection
      ->Run(kCancelWindows,
            Params().Int2(BucketOf(id)).Id(id).Text(reason).Null().Int4(tenant))
      .status();
}

absl::StatusOr<StoredWebhook> PostgresStore::Update(const Author& author, const Uuid& id,
                                                    std::int32_t expected,
                                                    domain::WebhookSpec spec,
                                                    domain::WebhookSecrets secrets) {
  const TenantId tenant = author.tenant;
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_RETURN_IF_ERROR(transaction->Run(kLockConfig, Params().Int4(tenant)).status());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows, transaction->Run(kGetWebhookForUpdate, Params().Id(id).Int4(tenant)));
  if (rows.rows() == 0) return NotFound(id);
  WINDROW_ASSIGN_OR_RETURN(const StoredWebhook before, ReadWebhook(rows, 0));
  if (before.version != expected) return EtagMismatch();

  std::string sealed = SealSecrets(tenant, id, secrets);
  WINDROW_ASSIGN_OR_RETURN(StoredWebhook after,
                           Replace(transaction.connection(), author, before,
                                   {.spec = std::move(spec),
                                    .secrets = std::move(secrets),
                                    .sealed = std::move(sealed)}));
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  after.secrets_status = absl::OkStatus();
  return after;
}

absl::StatusOr<StoredWebhook> PostgresStore::Replace(Connection* connection,
                                                     const Author& author,
                                                     const StoredWebhook& before,
                                                     Replacement replacement) {
  const TenantId tenant = before.tenant_id;
  const Uuid& id = before.webhook_id;
  StoredWebhook after = before;
  after.spec = std::move(replacement.spec);
  after.secrets = std::move(replacement.secrets);
  const std::string& disable_reason = replacement.disable_reason;
  WINDROW_RETURN_IF_ERROR(NumberTriggers(connection, tenant, &after.spec));
  const std::vector<std::string> event_types = EventTypesOf(after.spec);
  if (event_types != EventTypesOf(before.spec)) {
    WINDROW_RETURN_IF_ERROR(ExpectEventTypes(connection, tenant, event_types));
  }
  const std::string spec_json = domain::SpecToJson(after.spec);
  absl::StatusOr<Result> updated = connection->Run(
      kUpdateWebhook, Params()
                          .Id(id)
                          .Text(after.spec.name)
                          .Text(spec_json)
                          .Text(replacement.sealed)
                          .Bool(after.spec.enabled)
                          .Int4(TimeoutMs(after.spec))
                          .Int8(absl::ToInt64Milliseconds(after.spec.auto_disable.after))
                          .Int4(after.spec.auto_disable.consecutive_failures)
                          .TextOrNull(disable_reason)
                          .Text(after.spec.url)
                          .Array(TextArray(event_types))
                          .Array(LabelKeys(after.spec))
                          .Array(LabelValues(after.spec))
                          .Int4(tenant));
  if (!updated.ok()) return NameTaken(updated.status(), after.spec.name);
  after.version = updated->Int4(0, 0);
  after.updated_at = updated->Time(0, 2);
  ReadHealth(*updated, 0, 3, &after);
  WINDROW_RETURN_IF_ERROR(SaveGate(connection, tenant, id, &before.spec, after.spec));
  WINDROW_RETURN_IF_ERROR(
      connection
          ->Run(kInsertWebhookVersion,
                Params().Id(id).Int4(after.version).Text(spec_json).Int4(tenant))
          .status());
  if (!after.spec.enabled) {
    WINDROW_RETURN_IF_ERROR(CancelWaiting(
        connection, tenant, id,
        disable_reason.empty() ? "the webhook was disabled"
                               : "the webhook was disabled: " + disable_reason));
  } else if (domain::ClosesOpenWindows(before.spec, after.spec)) {
    WINDROW_RETURN_IF_ERROR(
        connection->Run(kCloseOpenWindows, Params().Int4(tenant).Id(id)).status());
    WINDROW_RETURN_IF_ERROR(
        connection->Run(kNotifyDue, Params().Text(id.ToString())).status());
  }
  WINDROW_RETURN_IF_ERROR(
      connection->Run(kRaiseConfigVersion, Params().Int4(tenant)).status());
  WINDROW_RETURN_IF_ERROR(AppendAudit(connection, EntryOf(author, &before, &after)));
  return after;
}

// As an update by Windrow itself; nothing where it is disabled or deleted already.
absl::Status PostgresStore::Disable(TenantId tenant, const Uuid& id,
                                    const std::string& reason) {
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_RETURN_IF_ERROR(transaction->Run(kLockConfig, Params().Int4(tenant)).status());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows, transaction->Run(kGetWebhookForUpdate, Params().Id(id).Int4(tenant)));
  if (rows.rows() == 0) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(const StoredWebhook before, ReadWebhook(rows, 0));
  if (!before.spec.enabled) return absl::OkStatus();
  domain::WebhookSpec spec = before.spec;
  spec.enabled = false;
  WINDROW_ASSIGN_OR_RETURN(
      const StoredWebhook after,
      Replace(transaction.connection(), Author(tenant), before,
              {.spec = std::move(spec),
               .secrets = before.secrets,
               .sealed = std::string(rows.Text(0, 4)),  // also where it cannot be opened
               .disable_reason = reason}));
  WINDROW_RETURN_IF_ERROR(transaction
                              ->Run(kInsertNotice, Params()
                                                       .Int4(tenant)
                                                       .Id(id)
                                                       .Int4(after.version)
                                                       .Text(after.spec.name)
                                                       .Text(reason))
                              .status());
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  Log(LogLevel::kWarn, "webhook_disabled",
      {{"webhook_id", id.ToString()}, {"name", after.spec.name}, {"reason", reason}});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Notice>> PostgresStore::ListNotices(int limit) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows, lease->Run(kListNotices, Params().Int4(limit)));
  std::vector<Notice> notices;
  for (int i = 0; i < rows.rows(); ++i) {
    notices.push_back({.notice_id = rows.Int8(i, 0),
                       .tenant_id = rows.Int4(i, 1),
                       .webhook_id = rows.Id(i, 2),
                       .webhook_version = rows.Int4(i, 3),
                       .webhook_name = std::string(rows.Text(i, 4)),
                       .reason = std::string(rows.Text(i, 5)),
                       .created_at = rows.Time(i, 6)});
  }
  return notices;
}

absl::Status PostgresStore::DeleteNotice(std::int64_t notice_id) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  return lease->Run(kDeleteNotice, Params().Int8(notice_id)).status();
}

// The secrets are not looked at: a webhook whose key was lost can still be deleted.
absl::Status PostgresStore::Delete(const Author& author, const Uuid& id,
                                   std::optional<std::int32_t> expected) {
  const TenantId tenant = author.tenant;
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_RETURN_IF_ERROR(transaction->Run(kLockConfig, Params().Int4(tenant)).status());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows, transaction->Run(kGetWebhookForUpdate, Params().Id(id).Int4(tenant)));
  if (rows.rows() == 0) return NotFound(id);
  if (expected && rows.Int4(0, 2) != *expected) return EtagMismatch();
  WINDROW_ASSIGN_OR_RETURN(const StoredWebhook before, ReadProfile(rows, 0));
  WINDROW_RETURN_IF_ERROR(
      transaction->Run(kDeleteWebhook, Params().Id(id).Int4(tenant)).status());
  WINDROW_RETURN_IF_ERROR(
      CancelWaiting(transaction.connection(), tenant, id, "the webhook was deleted"));
  WINDROW_RETURN_IF_ERROR(
      transaction->Run(kRaiseConfigVersion, Params().Int4(tenant)).status());
  WINDROW_RETURN_IF_ERROR(
      AppendAudit(transaction.connection(), EntryOf(author, &before, nullptr)));
  return transaction.Commit();
}

absl::StatusOr<std::shared_ptr<const domain::MatchTable>> PostgresStore::LoadMatchTable(
    TenantId tenant) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows,
                           lease->Run(kListEnabledWebhooks, Params().Int4(tenant)));
  if (rows.rows() == 0) {
    return absl::NotFoundError(fmt::format("there is no tenant {}", tenant));
  }
  std::vector<domain::ActiveWebhook> active;
  for (int i = 0; i < rows.rows(); ++i) {
    if (rows.IsNull(i, 1)) continue;
    WINDROW_ASSIGN_OR_RETURN(domain::WebhookSpec spec,
                             domain::SpecFromJson(std::string(rows.Text(i, 3))));
    active.push_back(domain::Activate(rows.Id(i, 1), rows.Int4(i, 2), std::move(spec)));
  }
  // Read after the version: what it holds beyond that is found out by the next publish
  // transaction, which sees a newer version.
  WINDROW_ASSIGN_OR_RETURN(domain::Catalogue catalogue, ReadCatalogue(&*lease, tenant));
  return std::make_shared<const domain::MatchTable>(rows.Int8(0, 0), std::move(active),
                                                    std::move(catalogue));
}

absl::StatusOr<StoredWebhook> PostgresStore::LoadWebhook(const Uuid& webhook_id) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const TenantId tenant,
                           webhook_tenants_.FindOne(&*lease, webhook_id));
  WINDROW_ASSIGN_OR_RETURN(
      Result rows, lease->Run(kLoadWebhook, Params().Id(webhook_id).Int4(tenant)));
  if (rows.rows() == 0) return NotFound(webhook_id);
  WINDROW_ASSIGN_OR_RETURN(StoredWebhook webhook, ReadWebhook(rows, 0));
  WINDROW_RETURN_IF_ERROR(webhook.secrets_status);
  return webhook;
}

absl::StatusOr<domain::WebhookSpec> PostgresStore::LoadVersion(const Uuid& webhook_id,
                                                               std::int32_t version) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const TenantId tenant,
                           webhook_tenants_.FindOne(&*lease, webhook_id));
  WINDROW_ASSIGN_OR_RETURN(
      Result rows, lease->Run(kLoadWebhookVersion,
                              Params().Id(webhook_id).Int4(version).Int4(tenant)));
  if (rows.rows() == 0) {
    return absl::NotFoundError(
        fmt::format("webhook {} has no version {}", webhook_id.ToString(), version));
  }
  return domain::SpecFromJson(std::string(rows.Text(0, 0)));
}

}  // namespace windrow::store::postgres
