// EventTypeStore.
#include <algorithm>
#include <set>
#include <utility>

#include "tests/support/fake_state.h"
#include "tests/support/fake_store.h"

namespace windrow::testing {
namespace {

using store::EventTypeOrigin;
using store::StoredEventType;
using store::TenantId;

absl::Status NoType() {
  return WithReason(absl::NotFoundError("no event type has this name"),
                    "EVENT_TYPE_NOT_FOUND");
}

absl::Status LockConfig(FakeState& state, std::unique_lock<std::mutex>& lock,
                        TenantId tenant) {
  WINDROW_RETURN_IF_ERROR(state.Available());
  if (!state.tenants.contains(tenant)) return absl::NotFoundError("no such tenant");
  return WaitForLock(state, lock, [&] { return state.tenants[tenant].publishing == 0; });
}

FakeEventType* Find(FakeState& state, TenantId tenant, const std::string& name) {
  auto& types = state.tenants[tenant].event_types;
  const auto found = types.find(name);
  return found == types.end() ? nullptr : &found->second;
}

bool IsLearned(EventTypeOrigin origin) {
  return origin == EventTypeOrigin::kLearned || origin == EventTypeOrigin::kExpected;
}

int Count(const FakeTenant& tenant, bool learned) {
  return static_cast<int>(std::count_if(
      tenant.event_types.begin(), tenant.event_types.end(), [&](const auto& entry) {
        return IsLearned(entry.second.stored.origin) == learned;
      }));
}

std::shared_ptr<const domain::KeyFields> SaveKeyFields(
    FakeState& state, const std::vector<std::string>& fields) {
  if (fields.empty()) return nullptr;
  const auto id = static_cast<std::int32_t>(state.key_fields.size() + 1);
  state.key_fields[id] = std::make_shared<const domain::KeyFields>(
      domain::KeyFields::Of(id, fields).value());
  return state.key_fields[id];
}

absl::Status CheckVersion(const FakeEventType& type, std::int32_t expected) {
  if (type.stored.version == expected) return absl::OkStatus();
  return WithReason(absl::AbortedError("the event type was changed since it was read"),
                    "ETAG_MISMATCH");
}

}  // namespace

void FakeState::AddEventType(TenantId tenant, EventTypeOrigin origin,
                             domain::EventTypeSpec spec) {
  auto set = SaveKeyFields(*this, spec.key_fields);
  const std::string name = spec.name;
  tenants[tenant].event_types[name] = {.stored = {.tenant_id = tenant,
                                                  .version = 1,
                                                  .origin = origin,
                                                  .spec = std::move(spec),
                                                  .created_at = Now(),
                                                  .updated_at = Now()},
                                       .key_fields = std::move(set)};
}

void FakeState::AddTenant(TenantId tenant) {
  tenants[tenant];
  for (const domain::BuiltInEventType& type : domain::BuiltInEventTypes()) {
    AddEventType(tenant, EventTypeOrigin::kBuiltIn,
                 {.name = std::string(type.name),
                  .description = std::string(type.description),
                  .object_type = std::string(type.object_type)});
  }
}

void FakeState::ExpectEventTypes(TenantId tenant, const domain::WebhookSpec& spec) {
  std::set<std::string> names;
  for (const domain::Trigger& trigger : spec.triggers) names.insert(trigger.event_type);
  FakeTenant& home = tenants[tenant];
  if (home.unknown_types != domain::UnknownTypes::kLearn) return;
  int room = domain::kMaxLearnedEventTypes - Count(home, /*learned=*/true);
  for (const std::string& name : names) {
    if (home.event_types.contains(name) || room-- <= 0) continue;
    AddEventType(tenant, EventTypeOrigin::kExpected, {.name = name});
  }
}

domain::Catalogue FakeState::CatalogueOf(TenantId tenant) {
  domain::Catalogue catalogue(tenants[tenant].unknown_types);
  for (const auto& [name, type] : tenants[tenant].event_types) {
    catalogue.Add(name, {.key_fields = type.key_fields,
                         .seen = type.stored.origin != EventTypeOrigin::kExpected});
  }
  return catalogue;
}

absl::StatusOr<StoredEventType> FakeStore::CreateEventType(const store::Author& author,
                                                           domain::EventTypeSpec spec) {
  const TenantId tenant = author.tenant;
  std::unique_lock lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(LockConfig(*state_, lock, tenant));
  const std::string name = spec.name;
  if (Find(*state_, tenant, name) != nullptr) {
    return WithReason(absl::AlreadyExistsError("the catalogue has this event type"),
                      "EVENT_TYPE_EXISTS");
  }
  FakeTenant& home = state_->tenants[tenant];
  if (Count(home, /*learned=*/false) >= domain::kMaxDeclaredEventTypes) {
    return WithReason(absl::ResourceExhaustedError("the catalogue is full"),
                      "TOO_MANY_EVENT_TYPES");
  }
  ++home.config_version;
  state_->AddEventType(tenant, EventTypeOrigin::kDeclared, std::move(spec));
  const StoredEventType& made = Find(*state_, tenant, name)->stored;
  state_->Append(EntryOf(author, nullptr, &made));
  return made;
}

absl::StatusOr<StoredEventType> FakeStore::GetEventType(TenantId tenant,
                                                        const std::string& name) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  const FakeEventType* type = Find(*state_, tenant, name);
  if (type == nullptr) return NoType();
  return type->stored;
}

absl::StatusOr<store::EventTypePage> FakeStore::ListEventTypes(
    TenantId tenant, const std::optional<std::string>& after, int limit) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  store::EventTypePage page;
  for (const auto& [name, type] : state_->tenants[tenant].event_types) {
    if (after && name <= *after) continue;
    if (static_cast<int>(page.types.size()) == limit) {
      page.more = true;
      break;
    }
    page.types.push_back(type.stored);
  }
  return page;
}

absl::StatusOr<std::vector<StoredEventType>> FakeStore::FindEventTypes(
    TenantId tenant, const std::vector<std::string>& names) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  std::vector<StoredEventType> found;
  for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
    const FakeEventType* type = Find(*state_, tenant, name);
    if (type != nullptr) found.push_back(type->stored);
  }
  return found;
}

absl::StatusOr<StoredEventType> FakeStore::UpdateEventType(const store::Author& author,
                                                           std::int32_t expected,
                                                           domain::EventTypeSpec spec) {
  const TenantId tenant = author.tenant;
  std::unique_lock lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(LockConfig(*state_, lock, tenant));
  FakeEventType* type = Find(*state_, tenant, spec.name);
  if (type == nullptr) return NoType();
  WINDROW_RETURN_IF_ERROR(CheckVersion(*type, expected));
  ++state_->tenants[tenant].config_version;
  StoredEventType& stored = type->stored;
  const StoredEventType before = stored;
  if (stored.spec.key_fields != spec.key_fields) {
    type->key_fields = SaveKeyFields(*state_, spec.key_fields);
  }
  if (IsLearned(stored.origin)) stored.origin = EventTypeOrigin::kDeclared;
  ++stored.version;
  stored.spec = std::move(spec);
  stored.updated_at = state_->Now();
  state_->Append(EntryOf(author, &before, &stored));
  return stored;
}

absl::Status FakeStore::DeleteEventType(const store::Author& author,
                                        const std::string& name,
                                        std::optional<std::int32_t> expected) {
  const TenantId tenant = author.tenant;
  std::unique_lock lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(LockConfig(*state_, lock, tenant));
  const FakeEventType* type = Find(*state_, tenant, name);
  if (type == nullptr) return NoType();
  if (expected) WINDROW_RETURN_IF_ERROR(CheckVersion(*type, *expected));
  for (const auto& [id, webhook] : state_->webhooks) {
    if (webhook.deleted || webhook.current.tenant_id != tenant) continue;
    const domain::WebhookSpec& spec = webhook.current.spec;
    if (std::any_of(spec.triggers.begin(), spec.triggers.end(),
                    [&](const auto& trigger) { return trigger.event_type == name; })) {
      return WithReason(absl::FailedPreconditionError("triggers of the webhook \"" +
                                                      spec.name + "\" are for it"),
                        "EVENT_TYPE_IN_USE");
    }
  }
  ++state_->tenants[tenant].config_version;
  state_->Append(EntryOf(author, &type->stored, nullptr));
  state_->tenants[tenant].event_types.erase(name);
  return absl::OkStatus();
}

absl::StatusOr<domain::UnknownTypes> FakeStore::GetUnknownTypes(TenantId tenant) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  if (!state_->tenants.contains(tenant)) return absl::NotFoundError("no such tenant");
  return state_->tenants[tenant].unknown_types;
}

absl::Status FakeStore::SetUnknownTypes(const store::Author& author,
                                        domain::UnknownTypes unknown) {
  const TenantId tenant = author.tenant;
  std::unique_lock lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(LockConfig(*state_, lock, tenant));
  FakeTenant& home = state_->tenants[tenant];
  ++home.config_version;
  if (home.unknown_types != unknown) {
    state_->Append(EntryOf(author, home.unknown_types, unknown));
  }
  home.unknown_types = unknown;
  return absl::OkStatus();
}

absl::StatusOr<domain::Catalogue> FakeStore::LoadCatalogue(TenantId tenant) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  if (!state_->tenants.contains(tenant)) return absl::NotFoundError("no such tenant");
  return state_->CatalogueOf(tenant);
}

absl::StatusOr<std::vector<std::string>> FakeStore::LearnEventTypes(
    TenantId tenant, const std::vector<store::SeenEventType>& seen) {
  std::lock_guard lock(state_->mutex);
  WINDROW_RETURN_IF_ERROR(state_->Available());
  ++state_->learn_calls;
  FakeTenant& home = state_->tenants[tenant];
  int room = domain::kMaxLearnedEventTypes - Count(home, /*learned=*/true);
  std::set<std::string> known;
  for (const store::SeenEventType& type :
       std::set<store::SeenEventType>(seen.begin(), seen.end())) {
    FakeEventType* found = Find(*state_, tenant, type.name);
    if (found == nullptr) {
      if (home.unknown_types != domain::UnknownTypes::kLearn || room-- <= 0) continue;
      state_->AddEventType(tenant, EventTypeOrigin::kLearned,
                           {.name = type.name, .object_type = type.object_type});
    } else if (found->stored.origin == EventTypeOrigin::kExpected) {
      found->stored.origin = EventTypeOrigin::kLearned;
      found->stored.spec.object_type = type.object_type;
      found->stored.updated_at = state_->Now();
      ++found->stored.version;
    }
    known.insert(type.name);
  }
  return std::vector<std::string>(known.begin(), known.end());
}

int FakeStore::learn_calls() const {
  std::lock_guard lock(state_->mutex);
  return state_->learn_calls;
}

}  // namespace windrow::testing
