// WebhookStore, and what a worker reads of webhooks.
#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <cwchar>
#include <utility>

#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"
#include "tests/support/list_values.h"

namespace windrow::testing {
namespace {

using store::StoredWebhook;
using store::TenantId;

absl::Status NoWebhook() {
  return WithReason(absl::NotFoundError("no webhook has this id"), "WEBHOOK_NOT_FOUND");
}

std::wstring Decode(const std::string& utf8) {
  std::wstring wide;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i++]);
    int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    auto code = static_cast<wchar_t>(more == 0 ? lead : lead & (0x3f >> more));
    for (; more > 0 && i < utf8.size(); --more) {
      code = static_cast<wchar_t>(code << 6 | (utf8[i++] & 0x3f));
    }
    wide += code;
  }
  return wide;
}

std::wstring FoldCase(const std::string& name) {
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::wstring wide = Decode(name);
  for (wchar_t& c : wide) {
    c = static_cast<wchar_t>(towlower_l(static_cast<wint_t>(c), utf8));
  }
  return wide;
}

absl::Status CheckName(const FakeState& state, TenantId tenant, const std::string& name,
                       const Uuid* own_id) {
  const std::wstring folded = FoldCase(name);
  for (const auto& [id, webhook] : state.webhooks) {
    if (webhook.deleted || webhook.current.tenant_id != tenant) continue;
    if (own_id != nullptr && id == *own_id) continue;
    if (FoldCase(webhook.current.spec.name) == folded) {
      return WithReason(absl::AlreadyExistsError("another webhook has this name"),
                        "WEBHOOK_NAME_TAKEN");
    }
  }
  return absl::OkStatus();
}

FakeWebhook* Find(FakeState& state, TenantId tenant, const Uuid& id) {
  const auto found = state.webhooks.find(id);
  if (found == state.webhooks.end() || found->second.deleted) return nullptr;
  return found->second.current.tenant_id == tenant ? &found->second : nullptr;
}

// Profile changes wait for the publish transactions that matched against the old ones.
absl::Status LockConfig(FakeState& state, std::unique_lock<std::mutex>& lock,
                        TenantId tenant) {
  WINDROW_RETURN_IF_ERROR(state.Available());
  if (!state.tenants.contains(tenant)) return absl::NotFoundError("no such tenant");
  return WaitForLock(state, lock, [&] { return state.tenants[tenant].publishing == 0; });
}

absl::Status CheckVersion(const FakeWebhook& webhook, std::int32_t expected) {
  if (webhook.current.version == expected) return absl::OkStatus();
  return WithReason(absl::AbortedError("the webhook was changed since it was read"),
                    "ETAG_MISMATCH");
}

void NumberTriggers(FakeTenant* tenant, domain::WebhookSpec* spec) {
  for (domain::Trigger& trigger : spec->triggers) {
    if (trigger.notification_id == 0) {
      trigger.notification_id = tenant->next_notification_id++;
    }
  }
}

}  // namespace

absl::StatusOr<StoredWebhook> FakeStore::Create(const store::Author& author,
                                                domain::WebhookSpec spec,
                                                domain::WebhookSecrets secrets) {
  const TenantId tenant = author.tenant;
  std::unique_lock lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(LockConfig(*state_, lock, tenant));
  WINDROW_RETURN_IF_ERROR(CheckName(*state_, tenant, spec.name, nullptr));
  FakeTenant& home = state_->tenants[tenant];
  ++home.config_version;
  for (domain::Trigger& trigger : spec.triggers) trigger.notification_id = 0;
  NumberTriggers(&home, &spec);
  state_->ExpectEventTypes(tenant, spec);
  const StoredWebhook stored{.tenant_id = tenant,
                             .webhook_id = state_->NextId(),
                             .version = 1,
                             .spec = std::move(spec),
                             .secrets = std::move(secrets),
                             .created_at = state_->Now(),
                             .updated_at = state_->Now()};
  state_->webhooks[stored.webhook_id] = {.current = stored,
                                         .versions = {{1, stored.spec}}};
  state_->Append(EntryOf(author, nullptr, &stored));
  return stored;
}

absl::StatusOr<StoredWebhook> FakeStore::Get(TenantId tenant, const Uuid& id) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const FakeWebhook* webhook = Find(*state_, tenant, id);
  if (webhook == nullptr) return NoWebhook();
  return webhook->current;
}

absl::StatusOr<store::WebhookPage> FakeStore::List(TenantId tenant,
                                                   const store::WebhookQuery& query) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  store::WebhookPage page;
  for (auto it = state_->webhooks.rbegin(); it != state_->webhooks.rend(); ++it) {
    const FakeWebhook& webhook = it->second;
    if (webhook.deleted || webhook.current.tenant_id != tenant) continue;
    if (query.before && it->first >= *query.before) continue;
    page.more = page.examined == query.examine ||
                page.webhooks.size() == static_cast<std::size_t>(query.limit);
    if (page.more) break;
    ++page.examined;
    page.position = it->first;
    if (Matches(query.where, webhook.current)) page.webhooks.push_back(webhook.current);
  }
  return page;
}

absl::StatusOr<StoredWebhook> FakeStore::Update(const store::Author& author,
                                                const Uuid& id, std::int32_t expected,
                                                domain::WebhookSpec spec,
                                                domain::WebhookSecrets secrets) {
  const TenantId tenant = author.tenant;
  std::unique_lock lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(LockConfig(*state_, lock, tenant));
  FakeWebhook* webhook = Find(*state_, tenant, id);
  if (webhook == nullptr) return NoWebhook();
  WINDROW_RETURN_IF_ERROR(CheckVersion(*webhook, expected));
  WINDROW_RETURN_IF_ERROR(CheckName(*state_, tenant, spec.name, &id));
  FakeTenant& home = state_->tenants[tenant];
  ++home.config_version;
  NumberTriggers(&home, &spec);
  state_->ExpectEventTypes(tenant, spec);
  StoredWebhook& current = webhook->current;
  const StoredWebhook before = current;
  const bool closes = domain::ClosesOpenWindows(current.spec, spec);
  const bool ends_ordering = current.spec.ordering != domain::Ordering::kNone &&
                             spec.ordering == domain::Ordering::kNone;
  if (spec.enabled && !current.spec.enabled) {
    current.failing_since.reset();
    current.failures = 0;
  }
  if (spec.enabled) current.disable_reason.clear();
  ++current.version;
  current.spec = std::move(spec);
  current.secrets = std::move(secrets);
  current.updated_at = state_->Now();
  webhook->versions[current.version] = current.spec;
  if (closes) state_->CloseOpenWindows(id);
  if (ends_ordering) {
    state_->EndOrdering(id);
    state_->Wake(id);
  }
  if (!current.spec.enabled) {
    state_->CancelUnstarted(id, "the webhook was disabled");
  }
  state_->Append(EntryOf(author, &before, &current));
  return current;
}

absl::Status FakeStore::Delete(const store::Author& author, const Uuid& id,
                               std::optional<std::int32_t> expected) {
  const TenantId tenant = author.tenant;
  std::unique_lock lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(LockConfig(*state_, lock, tenant));
  FakeWebhook* webhook = Find(*state_, tenant, id);
  if (webhook == nullptr) return NoWebhook();
  if (expected) WINDROW_RETURN_IF_ERROR(CheckVersion(*webhook, *expected));
  ++state_->tenants[tenant].config_version;
  state_->Append(EntryOf(author, &webhook->current, nullptr));
  webhook->deleted = true;
  ++webhook->current.version;
  state_->CancelUnstarted(id, "the webhook was deleted");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<store::Notice>> FakeStore::ListNotices(int limit) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  std::vector<store::Notice> notices = state_->notices;
  if (notices.size() > static_cast<std::size_t>(limit)) {
    notices.resize(static_cast<std::size_t>(limit));
  }
  return notices;
}

absl::Status FakeStore::DeleteNotice(std::int64_t notice_id) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  std::erase_if(state_->notices,
                [&](const store::Notice& n) { return n.notice_id == notice_id; });
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const domain::MatchTable>> FakeStore::LoadMatchTable(
    TenantId tenant) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  if (!state_->tenants.contains(tenant)) return absl::NotFoundError("no such tenant");
  std::vector<domain::ActiveWebhook> active;
  for (const auto& [id, webhook] : state_->webhooks) {
    const domain::WebhookSpec& spec = webhook.current.spec;
    if (webhook.deleted || !spec.enabled || webhook.current.tenant_id != tenant) continue;
    active.push_back(domain::Activate(id, webhook.current.version, spec));
  }
  return std::make_shared<const domain::MatchTable>(
      state_->tenants[tenant].config_version, std::move(active),
      state_->CatalogueOf(tenant));
}

absl::StatusOr<std::vector<store::WebhookHead>> FakeStore::ReadHeads(
    const std::vector<Uuid>& webhooks) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  std::vector<store::WebhookHead> heads;
  for (const Uuid& id : webhooks) {
    const auto found = state_->webhooks.find(id);
    if (found == state_->webhooks.end()) continue;
    const FakeWebhook& webhook = found->second;
    heads.push_back({.webhook_id = id,
                     .version = webhook.current.version,
                     .enabled = webhook.current.spec.enabled && !webhook.deleted});
  }
  return heads;
}

absl::StatusOr<StoredWebhook> FakeStore::LoadWebhook(const Uuid& webhook_id) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const auto found = state_->webhooks.find(webhook_id);
  if (found == state_->webhooks.end()) return NoWebhook();
  return found->second.current;
}

absl::StatusOr<domain::WebhookSpec> FakeStore::LoadVersion(const Uuid& webhook_id,
                                                           std::int32_t version) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const auto found = state_->webhooks.find(webhook_id);
  if (found == state_->webhooks.end()) return NoWebhook();
  const auto spec = found->second.versions.find(version);
  if (spec == found->second.versions.end()) return NoWebhook();
  return spec->second;
}

}  // namespace windrow::testing
