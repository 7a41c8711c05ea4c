// The catalogue of event types in PostgreSQL.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/store/audit_entries.h"
#include "common/store/postgres/audit.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/transaction.h"

namespace windrow::store::postgres {
namespace {

absl::Status NotFound(const std::string& name) {
  return WithReason(
      absl::NotFoundError(fmt::format("the catalogue has no event type \"{}\"", name)),
      "EVENT_TYPE_NOT_FOUND");
}

absl::Status NoTenant(TenantId tenant) {
  return absl::NotFoundError(fmt::format("there is no tenant {}", tenant));
}

absl::Status EtagMismatch() {
  return WithReason(absl::AbortedError("the event type was changed since it was read: "
                                       "read it again and repeat the change"),
                    "ETAG_MISMATCH");
}

absl::Status TooMany() {
  return WithReason(
      absl::ResourceExhaustedError(fmt::format(
          "the catalogue has {} declared event types, which is the most: delete some",
          domain::kMaxDeclaredEventTypes)),
      "TOO_MANY_EVENT_TYPES");
}

absl::Status InUse(const std::string& name, const Result& users) {
  std::string webhooks;
  for (int i = 0; i < users.rows(); ++i) {
    webhooks += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", users.Text(i, 0));
  }
  if (const int more = users.Int4(0, 1) - users.rows(); more > 0) {
    webhooks += fmt::format(" and {} more", more);
  }
  return WithReason(absl::FailedPreconditionError(fmt::format(
                        "triggers are for \"{}\", of the webhooks {}: remove those first",
                        name, webhooks)),
                    "EVENT_TYPE_IN_USE");
}

domain::UnknownTypes UnknownTypesOf(bool learns) {
  return learns ? domain::UnknownTypes::kLearn : domain::UnknownTypes::kRefuse;
}

constexpr int kKeyFieldsId = 11;  // of sql/get_event_type_for_update.sql

StoredEventType ReadEventType(const Result& rows, int row) {
  return {.tenant_id = rows.Int4(row, 0),
          .version = rows.Int4(row, 2),
          .origin = static_cast<EventTypeOrigin>(rows.Int2(row, 3)),
          .spec = {.name = std::string(rows.Text(row, 1)),
                   .description = std::string(rows.Text(row, 4)),
                   .object_type = std::string(rows.Text(row, 5)),
                   .key_fields = rows.Texts(row, 6),
                   .single_select_fields = rows.Texts(row, 7),
                   .example = std::string(rows.Text(row, 8))},
          .created_at = rows.Time(row, 9),
          .updated_at = rows.Time(row, 10)};
}

// The id of a new list, where there are fields; else null.
absl::StatusOr<std::optional<std::int32_t>> SaveKeyFields(
    Connection* connection, TenantId tenant, const std::vector<std::string>& fields) {
  if (fields.empty()) return std::nullopt;
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      connection->Run(kInsertKeyFields, Params().Int4(tenant).Array(TextArray(fields))));
  return rows.Int4(0, 0);
}

// What an insert and an update write, behind the key.
void AddSpec(const domain::EventTypeSpec& spec, EventTypeOrigin origin,
             std::optional<std::int32_t> key_fields, Params* params) {
  params->Int2(static_cast<std::int16_t>(origin));
  params->Text(spec.description).Text(spec.object_type);
  if (key_fields) {
    params->Int4(*key_fields);
  } else {
    params->Null();
  }
  params->Array(TextArray(spec.single_select_fields)).TextOrNull(spec.example);
}

}  // namespace

absl::StatusOr<std::vector<StoredEventType>> PostgresStore::FindEventTypes(
    TenantId tenant, const std::vector<std::string>& names) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      lease->Run(kFindEventTypes, Params().Int4(tenant).Array(TextArray(names))));
  std::vector<StoredEventType> types;
  for (int i = 0; i < rows.rows(); ++i) types.push_back(ReadEventType(rows, i));
  return types;
}

absl::StatusOr<StoredEventType> PostgresStore::GetEventType(TenantId tenant,
                                                            const std::string& name) {
  WINDROW_ASSIGN_OR_RETURN(std::vector<StoredEventType> found,
                           FindEventTypes(tenant, {name}));
  if (found.empty()) return NotFound(name);
  return std::move(found.front());
}

absl::StatusOr<EventTypePage> PostgresStore::ListEventTypes(
    TenantId tenant, const std::optional<std::string>& after, int limit) {
  Params params;
  params.Int4(tenant);
  if (after) {
    params.Text(*after);
  } else {
    params.Null();
  }
  params.Int4(limit + 1);
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows, lease->Run(kListEventTypes, params));
  EventTypePage page;
  page.more = rows.rows() > limit;
  for (int i = 0; i < std::min(rows.rows(), limit); ++i) {
    page.types.push_back(ReadEventType(rows, i));
  }
  return page;
}

absl::StatusOr<StoredEventType> PostgresStore::CreateEventType(
    const Author& author, domain::EventTypeSpec spec) {
  const TenantId tenant = author.tenant;
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_RETURN_IF_ERROR(transaction->Run(kLockConfig, Params().Int4(tenant)).status());
  WINDROW_ASSIGN_OR_RETURN(const auto key_fields, SaveKeyFields(transaction.connection(),
                                                                tenant, spec.key_fields));
  Params params;
  params.Int4(tenant).Text(spec.name);
  AddSpec(spec, EventTypeOrigin::kDeclared, key_fields, &params);
  params.Int4(domain::kMaxDeclaredEventTypes);
  const absl::StatusOr<Result> made = transaction->Run(kInsertEventType, params);
  if (absl::IsAlreadyExists(made.status())) {
    return WithReason(
        absl::AlreadyExistsError(
            fmt::format("the catalogue has an event type \"{}\": update it", spec.name)),
        "EVENT_TYPE_EXISTS");
  }
  WINDROW_RETURN_IF_ERROR(made.status());
  if (made->rows() == 0) return TooMany();
  WINDROW_RETURN_IF_ERROR(
      transaction->Run(kRaiseConfigVersion, Params().Int4(tenant)).status());
  StoredEventType type{.tenant_id = tenant,
                       .version = made->Int4(0, 0),
                       .origin = EventTypeOrigin::kDeclared,
                       .spec = std::move(spec),
                       .created_at = made->Time(0, 1),
                       .updated_at = made->Time(0, 2)};
  WINDROW_RETURN_IF_ERROR(
      AppendAudit(transaction.connection(), EntryOf(author, nullptr, &type)));
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  return type;
}

absl::StatusOr<StoredEventType> PostgresStore::UpdateEventType(
    const Author& author, std::int32_t expected, domain::EventTypeSpec spec) {
  const TenantId tenant = author.tenant;
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_RETURN_IF_ERROR(transaction->Run(kLockConfig, Params().Int4(tenant)).status());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      transaction->Run(kGetEventTypeForUpdate, Params().Int4(tenant).Text(spec.name)));
  if (rows.rows() == 0) return NotFound(spec.name);
  const StoredEventType before = ReadEventType(rows, 0);
  if (before.version != expected) return EtagMismatch();
  const auto origin = before.origin == EventTypeOrigin::kBuiltIn
                          ? EventTypeOrigin::kBuiltIn
                          : EventTypeOrigin::kDeclared;
  std::optional<std::int32_t> key_fields;
  if (!rows.IsNull(0, kKeyFieldsId) && before.spec.key_fields == spec.key_fields) {
    key_fields = rows.Int4(0, kKeyFieldsId);
  } else {
    WINDROW_ASSIGN_OR_RETURN(
        key_fields, SaveKeyFields(transaction.connection(), tenant, spec.key_fields));
  }
  Params params;
  params.Int4(tenant).Text(spec.name);
  AddSpec(spec, origin, key_fields, &params);
  WINDROW_ASSIGN_OR_RETURN(Result updated, transaction->Run(kUpdateEventType, params));
  WINDROW_RETURN_IF_ERROR(
      transaction->Run(kRaiseConfigVersion, Params().Int4(tenant)).status());
  StoredEventType after{.tenant_id = tenant,
                        .version = updated.Int4(0, 0),
                        .origin = origin,
                        .spec = std::move(spec),
                        .created_at = updated.Time(0, 1),
                        .updated_at = updated.Time(0, 2)};
  WINDROW_RETURN_IF_ERROR(
      AppendAudit(transaction.connection(), EntryOf(author, &before, &after)));
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  return after;
}

absl::Status PostgresStore::DeleteEventType(const Author& author, const std::string& name,
                                            std::optional<std::int32_t> expected) {
  const TenantId tenant = author.tenant;
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_RETURN_IF_ERROR(transaction->Run(kLockConfig, Params().Int4(tenant)).status());
  const auto run = [&](const Statement& statement) {
    return transaction->Run(statement, Params().Int4(tenant).Text(name));
  };
  WINDROW_ASSIGN_OR_RETURN(Result rows, run(kGetEventTypeForUpdate));
  if (rows.rows() == 0) return NotFound(name);
  const StoredEventType before = ReadEventType(rows, 0);
  if (expected && before.version != *expected) return EtagMismatch();
  WINDROW_ASSIGN_OR_RETURN(Result users, run(kFindEventTypeUsers));
  if (users.rows() > 0) return InUse(name, users);
  WINDROW_RETURN_IF_ERROR(run(kDeleteEventType).status());
  WINDROW_RETURN_IF_ERROR(
      transaction->Run(kRaiseConfigVersion, Params().Int4(tenant)).status());
  WINDROW_RETURN_IF_ERROR(
      AppendAudit(transaction.connection(), EntryOf(author, &before, nullptr)));
  return transaction.Commit();
}

absl::StatusOr<domain::UnknownTypes> PostgresStore::GetUnknownTypes(TenantId tenant) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows,
                           lease->Run(kGetUnknownTypes, Params().Int4(tenant)));
  if (rows.rows() == 0) return NoTenant(tenant);
  return UnknownTypesOf(rows.Bool(0, 0));
}

absl::Status PostgresStore::SetUnknownTypes(const Author& author,
                                            domain::UnknownTypes unknown) {
  const TenantId tenant = author.tenant;
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_RETURN_IF_ERROR(transaction->Run(kLockConfig, Params().Int4(tenant)).status());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      transaction->Run(kSetUnknownTypes, Params().Int4(tenant).Bool(
                                             unknown == domain::UnknownTypes::kLearn)));
  if (rows.rows() == 0) return NoTenant(tenant);
  WINDROW_RETURN_IF_ERROR(
      transaction->Run(kRaiseConfigVersion, Params().Int4(tenant)).status());
  const domain::UnknownTypes before = UnknownTypesOf(rows.Bool(0, 0));
  if (before != unknown) {
    WINDROW_RETURN_IF_ERROR(
        AppendAudit(transaction.connection(), EntryOf(author, before, unknown)));
  }
  return transaction.Commit();
}

absl::StatusOr<domain::Catalogue> PostgresStore::ReadCatalogue(Connection* connection,
                                                               TenantId tenant) {
  std::vector<Call> calls;
  calls.push_back({&kGetUnknownTypes, std::move(Params().Int4(tenant))});
  calls.push_back({&kLoadEventTypes, std::move(Params().Int4(tenant))});
  WINDROW_ASSIGN_OR_RETURN(const std::vector<Result> results, connection->RunAll(calls));
  if (results[0].rows() == 0) return NoTenant(tenant);
  domain::Catalogue catalogue(UnknownTypesOf(results[0].Bool(0, 0)));
  const Result& types = results[1];
  for (int i = 0; i < types.rows(); ++i) {
    domain::KnownType type{.seen = static_cast<EventTypeOrigin>(types.Int2(i, 1)) !=
                                   EventTypeOrigin::kExpected};
    WINDROW_ASSIGN_OR_RETURN(type.key_fields, ReadKeyFields(types, i, 2, 3));
    catalogue.Add(std::string(types.Text(i, 0)), std::move(type));
  }
  return catalogue;
}

absl::StatusOr<domain::Catalogue> PostgresStore::LoadCatalogue(TenantId tenant) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  return ReadCatalogue(&*lease, tenant);
}

absl::StatusOr<std::vector<std::string>> PostgresStore::LearnEventTypes(
    TenantId tenant, const std::vector<SeenEventType>& seen) {
  ArrayParam names(ArrayParam::kText, seen.size()),
      wanted(ArrayParam::kText, seen.size()),
      object_types(ArrayParam::kText, seen.size());
  for (const SeenEventType& type : seen) {
    names.AddText(type.name);
    wanted.AddText(type.name);
    object_types.AddText(type.object_type);
  }
  std::vector<Call> calls;
  calls.push_back({&kBegin, {}});
  calls.push_back({&kLockEventTypes, std::move(Params().Int4(tenant))});
  calls.push_back(
      {&kLearnEventTypes, std::move(Params()
                                        .Int4(tenant)
                                        .Array(std::move(names))
                                        .Array(std::move(object_types))
                                        .Int4(domain::kMaxLearnedEventTypes))});
  calls.push_back(
      {&kFindSeenEventTypes, std::move(Params().Int4(tenant).Array(std::move(wanted)))});
  calls.push_back({&kCommit, {}});
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  Transaction transaction(std::move(lease));
  WINDROW_ASSIGN_OR_RETURN(const std::vector<Result> results, transaction->RunAll(calls));
  transaction.SetDone();
  std::vector<std::string> known;
  for (int i = 0; i < results[3].rows(); ++i) {
    known.emplace_back(results[3].Text(i, 0));
  }
  return known;
}

absl::Status PostgresStore::ExpectEventTypes(Connection* connection, TenantId tenant,
                                             const std::vector<std::string>& names) {
  WINDROW_RETURN_IF_ERROR(
      connection->Run(kLockEventTypes, Params().Int4(tenant)).status());
  return connection
      ->Run(kExpectEventTypes, Params()
                                   .Int4(tenant)
                                   .Array(TextArray(names))
                                   .Int4(domain::kMaxLearnedEventTypes))
      .status();
}

}  // namespace windrow::store::postgres
