// Entries of the audit log, made of what changed, and what they say read back. Pure.
//
// An entry's JSON is what storage keeps of a resource, without secrets; a newer release
// may not read an older one's, or the other way round (DATA_LOSS).
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "common/store/access_store.h"
#include "common/store/audit_store.h"
#include "common/store/author.h"
#include "common/store/event_type_store.h"
#include "common/store/operation_store.h"
#include "common/store/types.h"

namespace windrow::store {

// What resources are called: this, and an id or a name behind it.
inline constexpr std::string_view kWebhookResource = "webhooks/";
inline constexpr std::string_view kEventTypeResource = "event_types/";
inline constexpr std::string_view kOperationResource = "operations/";
inline constexpr std::string_view kDeliveryResource = "deliveries/";
inline constexpr std::string_view kApiKeyResource = "api_keys/";
inline constexpr std::string_view kTenantResource = "tenants/";
inline constexpr std::string_view kCatalogueResource = "catalogue_settings";

// Of these, `before` is null of what was created, `after` of what was deleted. Id and
// time are the storage's to give.

// webhook.create, .delete, .enable and .disable (nothing else changed), .rotate_secret
// (only the signing secret did), .update.
AuditEntry EntryOf(const Author& author, const StoredWebhook* before,
                   const StoredWebhook* after);
// event_type.create, .update, .delete.
AuditEntry EntryOf(const Author& author, const StoredEventType* before,
                   const StoredEventType* after);
// operation.start, .cancel. Without how far it is.
AuditEntry EntryOf(const Author& author, const StoredOperation* before,
                   const StoredOperation* after);
// catalogue_settings.update.
AuditEntry EntryOf(const Author& author, domain::UnknownTypes before,
                   domain::UnknownTypes after);
// delivery.redeliver, delivery.cancel: nothing of the delivery itself.
AuditEntry EntryOf(const Author& author, std::string_view action, const Uuid& delivery);

// api_key.create, .revoke, without its secret's digest. tenant.create: its first entry.
AuditEntry EntryOf(const Author& author, const StoredApiKey* before,
                   const StoredApiKey* after);
AuditEntry EntryOf(const Author& author, const Tenant& made);

// What `before` and `after` of an entry of such a resource say. `resource` gives the id.
absl::StatusOr<StoredWebhook> AuditedWebhook(std::string_view resource, std::string json);
absl::StatusOr<StoredEventType> AuditedEventType(std::string json);
absl::StatusOr<StoredOperation> AuditedOperation(std::string_view resource,
                                                 std::string json);
absl::StatusOr<domain::UnknownTypes> AuditedUnknownTypes(std::string json);

}  // namespace windrow::store
