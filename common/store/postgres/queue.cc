// Finding and claiming windows, and holding on to them.
#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/claim_rows.h"
#include "common/store/postgres/gates.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

constexpr int kCut = 16;  // a column of kClaimWindows

std::vector<Uuid> ReadIds(const Result& rows, int column) {
  std::vector<Uuid> ids;
  ids.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) ids.push_back(rows.Id(i, column));
  return ids;
}

Params HeldParams(const std::vector<HeldWindow>& held) {
  ArrayParam ids(ArrayParam::kUuid, held.size()), tenants(ArrayParam::kInt4, held.size()),
      seqs(ArrayParam::kInt4, held.size());
  for (const HeldWindow& h : held) {
    ids.AddUuid(h.window_id);
    tenants.AddInt4(h.tenant_id);
    seqs.AddInt4(h.lease_seq);
  }
  Params params;
  params.Array(std::move(ids)).Array(std::move(tenants)).Array(std::move(seqs));
  return params;
}

}  // namespace

absl::StatusOr<WorkerId> PostgresStore::RegisterWorker(const std::string& name) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows, lease->Run(kRegisterWorker, Params().Text(name)));
  return rows.Int4(0, 0);
}

absl::StatusOr<DueScan> PostgresStore::FindDue(absl::Time cursor) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows, lease->Run(kFindDue, Params().Time(cursor)));
  DueScan scan;
  scan.now = rows.Time(0, 0);
  for (const std::string& text : rows.Texts(0, 1)) {
    if (const auto id = Uuid::Parse(text)) scan.webhooks.push_back(*id);
  }
  if (!rows.IsNull(0, 2)) scan.next = absl::Microseconds(rows.Int8(0, 2));
  return scan;
}

absl::StatusOr<std::vector<Uuid>> PostgresStore::ScanBuckets(int from, int to) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows, lease->Run(kScanBuckets, Params()
                                                .Int2(static_cast<std::int16_t>(from))
                                                .Int2(static_cast<std::int16_t>(to))));
  return ReadIds(rows, 0);
}

absl::StatusOr<std::vector<OwnedWant>> PostgresStore::Own(
    Connection* connection, const std::vector<WantedWebhook>& wanted) {
  std::vector<Uuid> ids;
  ids.reserve(wanted.size());
  for (const WantedWebhook& webhook : wanted) ids.push_back(webhook.webhook_id);
  WINDROW_ASSIGN_OR_RETURN(const std::vector<TenantId> tenants,
                           webhook_tenants_.Find(connection, ids));
  std::vector<OwnedWant> owned;
  owned.reserve(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    owned.push_back({wanted[i], tenants[i]});
  return owned;
}

absl::StatusOr<Claim> PostgresStore::ClaimWindows(
    WorkerId worker, const std::vector<WantedWebhook>& wanted, absl::Duration slack) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const std::vector<OwnedWant> owned, Own(&*lease, wanted));
  ArrayParam unless_failing = ArrayParam(ArrayParam::kBool);
  for (const OwnedWant& webhook : owned)
    unless_failing.AddBool(webhook.want.unless_failing);
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           lease->Run(kClaimWindows, ClaimParams({worker, slack}, owned)
                                                         .Array(std::move(unless_failing))
                                                         .Int8(kMaxClaimedBytes)
                                                         .Array(TenantsOf(owned))));
  Claim claim;
  ClaimRows claimed(&claim);
  std::vector<OwnedWant> gated;
  for (int i = 0; i < rows.rows(); ++i) {
    if (!rows.IsNull(i, 0)) {
      claimed.Add(rows, i);
      claim.cut = rows.Bool(i, kCut);
      continue;
    }
    const Uuid webhook = rows.Id(i, 2);
    const auto want = std::ranges::find(
        owned, webhook, [](const OwnedWant& o) { return o.want.webhook_id; });
    if (want != owned.end()) gated.push_back(*want);
  }
  if (!gated.empty()) {
    WINDROW_RETURN_IF_ERROR(
        ClaimThroughGates(&*lease, {worker, slack}, gated, &claim, &claimed));
  }
  WINDROW_RETURN_IF_ERROR(claimed.LoadItems(&*lease, &key_field_sets_));
  return claim;
}

absl::StatusOr<std::vector<bool>> PostgresStore::Renew(
    const std::vector<HeldWindow>& held, absl::Duration from_now) {
  if (held.empty()) return std::vector<bool>();
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  Params params = HeldParams(held);
  params.Int8(absl::ToInt64Milliseconds(from_now));
  WINDROW_ASSIGN_OR_RETURN(Result rows, lease->Run(kRenewLeases, params));
  std::vector<std::pair<Uuid, std::int32_t>> kept;
  for (int i = 0; i < rows.rows(); ++i) kept.emplace_back(rows.Id(i, 0), rows.Int4(i, 1));
  std::sort(kept.begin(), kept.end());
  std::vector<bool> still(held.size());
  for (std::size_t i = 0; i < held.size(); ++i) {
    still[i] = std::binary_search(kept.begin(), kept.end(),
                                  std::pair(held[i].window_id, held[i].lease_seq));
  }
  return still;
}

absl::Status PostgresStore::Release(const std::vector<HeldWindow>& held) {
  if (held.empty()) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  std::vector<Call> calls;
  calls.push_back({&kReleaseWindows, HeldParams(held)});
  calls.push_back({&kNotifyDue, std::move(Params().Text("*"))});
  return lease->RunAll(calls).status();
}

absl::StatusOr<std::vector<WebhookHead>> PostgresStore::ReadHeads(
    const std::vector<Uuid>& webhooks) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(const std::vector<TenantId> owners,
                           webhook_tenants_.Find(&*lease, webhooks));
  ArrayParam ids(ArrayParam::kUuid, webhooks.size()),
      tenants(ArrayParam::kInt4, webhooks.size());
  for (const Uuid& id : webhooks) ids.AddUuid(id);
  for (const TenantId owner : owners) tenants.AddInt4(owner);
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      lease->Run(kReadHeads, Params().Array(std::move(tenants)).Array(std::move(ids))));
  std::vector<WebhookHead> heads;
  for (int i = 0; i < rows.rows(); ++i) {
    heads.push_back({.webhook_id = rows.Id(i, 0),
                     .version = rows.Int4(i, 1),
                     .enabled = rows.Bool(i, 2)});
  }
  return heads;
}

}  // namespace windrow::store::postgres
