#include "common/store/postgres/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/store/audit_entries.h"
#include "common/store/postgres/audit.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/transaction.h"

namespace windrow::store::postgres {
namespace {

absl::Status NoApiKey() {
  return WithReason(absl::NotFoundError("no API key has this id"), "API_KEY_NOT_FOUND");
}

std::optional<absl::Time> TimeOrNone(const Result& rows, int row, int column) {
  if (rows.IsNull(row, column)) return std::nullopt;
  return rows.Time(row, column);
}

// A row of the columns that every statement about keys answers.
StoredApiKey ReadApiKey(const Result& rows, int row) {
  return {.tenant_id = rows.Int4(row, 1),
          .key_id = std::string(rows.Text(row, 0)),
          .number = rows.Int8(row, 2),
          .spec = {.kind = static_cast<domain::KeyKind>(rows.Int2(row, 3)),
                   .scope = static_cast<domain::Scope>(rows.Int2(row, 4)),
                   .name = std::string(rows.Text(row, 5)),
                   .secret_sha256 = std::string(rows.Text(row, 6)),
                   .certificate_name = std::string(rows.Text(row, 7)),
                   .requests_per_second = rows.Float8(row, 8),
                   .expires_at = TimeOrNone(rows, row, 11),
                   .created_by = std::string(rows.Text(row, 10))},
          .created_at = rows.Time(row, 9),
          .last_used_at = TimeOrNone(rows, row, 12),
          .revoked_at = TimeOrNone(rows, row, 13)};
}

Tenant ReadTenant(const Result& rows, int row) {
  return {rows.Int4(row, 0), std::string(rows.Text(row, 1)), rows.Time(row, 2)};
}

absl::Status WhatExists(const domain::ApiKeySpec& spec) {
  if (spec.kind == domain::KeyKind::kSecret) {
    return WithReason(absl::AlreadyExistsError("another key has this id: try again"),
                      "API_KEY_EXISTS");
  }
  return WithReason(
      absl::AlreadyExistsError(fmt::format("a key for {} exists already: revoke it first",
                                           spec.certificate_name)),
      "CERTIFICATE_NAME_TAKEN");
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresAccess>> PostgresAccess::Open(
    const std::string& url, const std::string& application_name) {
  std::unique_ptr<PostgresAccess> access(
      new PostgresAccess({.url = url, .application_name = application_name}));
  WINDROW_ASSIGN_OR_RETURN(Lease lease, access->pool_.Acquire());
  WINDROW_RETURN_IF_ERROR(CheckSchema(&*lease));
  return access;
}

absl::StatusOr<Tenant> PostgresAccess::CreateTenant(const std::string& name) {
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&pool_));
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           transaction->Run(kInsertTenant, Params().Text(name)));
  if (rows.rows() == 0) {
    return WithReason(
        absl::AlreadyExistsError(fmt::format("there is a tenant \"{}\" already", name)),
        "TENANT_EXISTS");
  }
  Tenant made = ReadTenant(rows, 0);
  WINDROW_RETURN_IF_ERROR(AppendAudit(
      transaction.connection(), EntryOf(Author(made.tenant_id, kOperatorName), made)));
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  return made;
}

absl::StatusOr<std::vector<Tenant>> PostgresAccess::ListTenants() {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, pool_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows, lease->Run(kListTenants));
  std::vector<Tenant> tenants;
  for (int i = 0; i < rows.rows(); ++i) tenants.push_back(ReadTenant(rows, i));
  return tenants;
}

absl::StatusOr<Tenant> PostgresAccess::FindTenant(const std::string& name) {
  WINDROW_ASSIGN_OR_RETURN(const std::vector<Tenant> tenants, ListTenants());
  const auto found =
      std::find_if(tenants.begin(), tenants.end(),
                   [&](const Tenant& tenant) { return tenant.name == name; });
  if (found != tenants.end()) return *found;
  return WithReason(absl::NotFoundError(fmt::format("there is no tenant \"{}\"", name)),
                    "TENANT_NOT_FOUND");
}

absl::StatusOr<StoredApiKey> PostgresAccess::CreateApiKey(
    TenantId tenant, const std::string& key_id, const domain::ApiKeySpec& spec) {
  Params params;
  params.Text(key_id)
      .Int4(tenant)
      .Int2(static_cast<std::int16_t>(spec.kind))
      .Int2(static_cast<std::int16_t>(spec.scope))
      .Text(spec.name)
      .TextOrNull(spec.secret_sha256)
      .TextOrNull(spec.certificate_name)
      .Float8(spec.requests_per_second)
      .Text(spec.created_by);
  if (spec.expires_at) {
    params.Time(*spec.expires_at);
  } else {
    params.Null();
  }
  params.Int4(kMostApiKeys);
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&pool_));
  const absl::StatusOr<Result> made = transaction->Run(kInsertApiKey, params);
  if (absl::IsAlreadyExists(made.status())) return WhatExists(spec);
  WINDROW_RETURN_IF_ERROR(made.status());
  if (made->rows() == 0) {
    return WithReason(
        absl::ResourceExhaustedError(fmt::format(
            "the tenant has {} API keys, which is the most: revoke some", kMostApiKeys)),
        "TOO_MANY_API_KEYS");
  }
  StoredApiKey key = ReadApiKey(*made, 0);
  WINDROW_RETURN_IF_ERROR(AppendAudit(
      transaction.connection(), EntryOf(Author(tenant, spec.created_by), nullptr, &key)));
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  return key;
}

absl::StatusOr<StoredApiKey> PostgresAccess::GetApiKey(TenantId tenant,
                                                       const std::string& key_id) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, pool_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           lease->Run(kGetApiKey, Params().Int4(tenant).Text(key_id)));
  if (rows.rows() == 0) return NoApiKey();
  return ReadApiKey(rows, 0);
}

absl::StatusOr<ApiKeyPage> PostgresAccess::ListApiKeys(TenantId tenant,
                                                       std::optional<std::int64_t> before,
                                                       int limit) {
  Params params;
  params.Int4(tenant);
  if (before) {
    params.Int8(*before);
  } else {
    params.Null();
  }
  params.Int4(limit + 1);
  WINDROW_ASSIGN_OR_RETURN(Lease lease, pool_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const Result rows, lease->Run(kListApiKeys, params));
  ApiKeyPage page;
  page.more = rows.rows() > limit;
  for (int i = 0; i < std::min(rows.rows(), limit); ++i) {
    page.keys.push_back(ReadApiKey(rows, i));
  }
  return page;
}

absl::StatusOr<StoredApiKey> PostgresAccess::RevokeApiKey(const Author& author,
                                                          const std::string& key_id) {
  const Params place = Params().Int4(author.tenant).Text(key_id);
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&pool_));
  WINDROW_ASSIGN_OR_RETURN(const Result found, transaction->Run(kGetApiKey, place));
  if (found.rows() == 0) return NoApiKey();
  const StoredApiKey before = ReadApiKey(found, 0);
  if (before.revoked_at) return before;
  WINDROW_ASSIGN_OR_RETURN(const Result rows, transaction->Run(kRevokeApiKey, place));
  if (rows.rows() == 0) return NoApiKey();
  StoredApiKey after = ReadApiKey(rows, 0);
  WINDROW_RETURN_IF_ERROR(
      AppendAudit(transaction.connection(), EntryOf(author, &before, &after)));
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  return after;
}

absl::StatusOr<std::optional<AccessKeys>> PostgresAccess::LoadAccess(
    std::optional<std::int64_t> known) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, pool_.Acquire());
  // The version first: keys that are newer than it are read once more, none too few.
  WINDROW_ASSIGN_OR_RETURN(const Result version, lease->Run(kReadAccessVersion));
  AccessKeys access{.version = version.Int8(0, 0), .any = version.Bool(0, 1)};
  if (known == access.version) return std::nullopt;
  WINDROW_ASSIGN_OR_RETURN(const Result rows, lease->Run(kLoadApiKeys));
  access.keys.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) access.keys.push_back(ReadApiKey(rows, i));
  return access;
}

absl::Status PostgresAccess::MarkApiKeysUsed(const std::vector<std::string>& key_ids) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, pool_.Acquire());
  return lease->Run(kMarkApiKeysUsed, Params().Array(TextArray(key_ids))).status();
}

}  // namespace windrow::store::postgres
