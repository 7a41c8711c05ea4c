#include "common/store/postgres/gates.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

// Windows beyond those that there is room for, of one webhook, that a claim may find to
// be due before their turn.
constexpr std::int32_t kLookBeyond = 500;
// Another claim, or a record, has the gate for a moment.
constexpr absl::Duration kGateTaken = absl::Milliseconds(10);
constexpr absl::Duration kAfterError = absl::Milliseconds(250);
// The columns of claim_gated_windows.sql behind those of claim_windows.sql.
constexpr int kOrderKey = 16;
constexpr int kWebhook = 17;
constexpr int kParked = 18;
constexpr int kGatedCut = 19;

struct Gate {
  domain::RateLimit limit;
  domain::RateState state;
  absl::Time now;
  TenantId tenant_id = 0;
  domain::Admission admission;
  int claimed = 0;
  int parked = 0;
};

class GatedClaim {
 public:
  GatedClaim(Connection* connection, const Claimer& claimer,
             const std::vector<OwnedWant>& wanted)
      : connection_(*connection), claimer_(claimer), wanted_(wanted) {}

  absl::Status Run(Claim* claim, ClaimRows* claimed);

 private:
  absl::Status Lock();
  void Admit(const Result& gates, const Result& leases);
  absl::Status ClaimAndCommit();
  void AddTo(Claim* claim, ClaimRows* claimed) const;

  Connection& connection_;
  const Claimer& claimer_;
  const std::vector<OwnedWant>& wanted_;
  std::map<Uuid, Gate> gates_;  // that this transaction holds
  Result rows_;
};

absl::Status GatedClaim::Run(Claim* claim, ClaimRows* claimed) {
  WINDROW_RETURN_IF_ERROR(Lock());
  WINDROW_RETURN_IF_ERROR(ClaimAndCommit());
  AddTo(claim, claimed);
  return absl::OkStatus();
}

// Leases are counted by a statement of their own: it sees what was claimed before the
// lock.
absl::Status GatedClaim::Lock() {
  ArrayParam locked(ArrayParam::kUuid, wanted_.size()),
      buckets(ArrayParam::kInt2, wanted_.size()), ids(ArrayParam::kUuid, wanted_.size());
  for (const auto& [want, tenant] : wanted_) {
    locked.AddUuid(want.webhook_id);
    buckets.AddInt2(BucketOf(want.webhook_id));
    ids.AddUuid(want.webhook_id);
  }
  std::vector<Call> calls;
  calls.push_back({&kBegin, {}});
  calls.push_back(
      {&kLockGates,
       std::move(Params().Array(TenantsOf(wanted_)).Array(std::move(locked)))});
  calls.push_back({&kCountLeases, std::move(Params()
                                                .Array(std::move(buckets))
                                                .Array(std::move(ids))
                                                .Array(TenantsOf(wanted_)))});
  WINDROW_ASSIGN_OR_RETURN(const std::vector<Result> results, connection_.RunAll(calls));
  Admit(results[1], results[2]);
  return absl::OkStatus();
}

void GatedClaim::Admit(const Result& gates, const Result& leases) {
  for (int i = 0; i < gates.rows(); ++i) {
    Gate& gate = gates_[gates.Id(i, 0)];
    if (gates.Bool(i, 5)) {
      gate.limit = {.requests_per_second = gates.Float8(i, 1),
                    .max_concurrent_requests = gates.Int4(i, 2)};
    }
    gate.state.empty_at = gates.Time(i, 3);
    gate.now = gates.Time(i, 4);
  }
  for (int i = 0; i < leases.rows(); ++i) {
    const auto gate = gates_.find(leases.Id(i, 0));
    if (gate != gates_.end()) gate->second.state.running = leases.Int4(i, 1);
  }
  for (const auto& [want, tenant] : wanted_) {
    const auto found = gates_.find(want.webhook_id);
    if (found == gates_.end()) continue;
    Gate& gate = found->second;
    gate.tenant_id = tenant;
    gate.admission = domain::Admit(gate.limit, gate.state, gate.now, want.room);
  }
}

absl::Status GatedClaim::ClaimAndCommit() {
  std::vector<OwnedWant> admitted;
  for (const auto& [id, gate] : gates_) {
    if (gate.admission.most > 0) {
      admitted.push_back({{id, gate.admission.most}, gate.tenant_id});
    }
  }
  if (!admitted.empty()) {
    Params params = ClaimParams(claimer_, admitted);
    params.Int4(kLookBeyond).Int8(kMaxClaimedBytes).Array(TenantsOf(admitted));
    WINDROW_ASSIGN_OR_RETURN(rows_, connection_.Run(kClaimGatedWindows, params));
  }
  for (int i = 0; i < rows_.rows(); ++i) {
    Gate& gate = gates_.at(rows_.Id(i, kWebhook));
    gate.parked = rows_.Int4(i, kParked);
    if (!rows_.IsNull(i, 0)) ++gate.claimed;
  }
  ArrayParam charged(ArrayParam::kUuid), empty_at(ArrayParam::kInt8),
      tenants(ArrayParam::kInt4);
  bool charges = false;
  for (auto& [id, gate] : gates_) {
    gate.state.running += gate.claimed;
    if (gate.claimed == 0 || gate.limit.requests_per_second <= 0) continue;
    charges = true;
    gate.state.empty_at =
        domain::Charge(gate.limit, gate.state.empty_at, gate.now, gate.claimed);
    charged.AddUuid(id);
    empty_at.AddInt8(ToPostgresTime(gate.state.empty_at));
    tenants.AddInt4(gate.tenant_id);
  }
  std::vector<Call> calls;
  if (charges) {
    calls.push_back({&kChargeGates, std::move(Params()
                                                  .Array(std::move(charged))
                                                  .Array(std::move(empty_at))
                                                  .Array(std::move(tenants)))});
  }
  calls.push_back({&kCommit, {}});
  return connection_.RunAll(calls).status();
}

void GatedClaim::AddTo(Claim* claim, ClaimRows* claimed) const {
  for (int i = 0; i < rows_.rows(); ++i) {
    if (rows_.IsNull(i, 0)) continue;
    claimed->Add(rows_, i);
    claim->cut = claim->cut || rows_.Bool(i, kGatedCut);
    ClaimedWindow& window = claim->windows.back();
    window.gated = true;
    window.order_key = rows_.Text(i, kOrderKey);
  }
  for (const auto& [want, tenant] : wanted_) {
    const auto found = gates_.find(want.webhook_id);
    if (found == gates_.end()) {
      claim->held_back.push_back({want.webhook_id, kGateTaken});
      continue;
    }
    const Gate& gate = found->second;
    claim->parked += gate.parked;
    const domain::Admission next = domain::Admit(gate.limit, gate.state, gate.now, 1);
    if (gate.claimed >= gate.admission.most && next.most == 0) {
      claim->held_back.push_back({want.webhook_id, next.again_after, next.until_freed});
    } else if (gate.parked > 0) {
      claim->held_back.push_back({want.webhook_id, absl::ZeroDuration()});
    }
  }
}

}  // namespace

Params ClaimParams(const Claimer& claimer, const std::vector<OwnedWant>& wanted) {
  ArrayParam buckets(ArrayParam::kInt2, wanted.size()),
      ids(ArrayParam::kUuid, wanted.size()), rooms(ArrayParam::kInt4, wanted.size());
  for (const auto& [want, tenant] : wanted) {
    buckets.AddInt2(BucketOf(want.webhook_id));
    ids.AddUuid(want.webhook_id);
    rooms.AddInt4(want.room);
  }
  Params params;
  params.Int4(claimer.worker).Array(std::move(buckets)).Array(std::move(ids));
  params.Array(std::move(rooms));
  params.Int4(static_cast<std::int32_t>(absl::ToInt64Milliseconds(claimer.slack)));
  return params;
}

ArrayParam TenantsOf(const std::vector<OwnedWant>& wanted) {
  ArrayParam tenants(ArrayParam::kInt4, wanted.size());
  for (const OwnedWant& owned : wanted) tenants.AddInt4(owned.tenant_id);
  return tenants;
}

absl::Status ClaimThroughGates(Connection* connection, const Claimer& claimer,
                               const std::vector<OwnedWant>& wanted, Claim* claim,
                               ClaimRows* claimed) {
  const absl::Status status = GatedClaim(connection, claimer, wanted).Run(claim, claimed);
  if (status.ok()) return status;
  if (connection->broken()) return status;
  (void)connection->Run(kRollback);
  Log(LogLevel::kWarn, "gated_claim_failed",
      {{"webhooks", wanted.size()}, {"error", status.message()}});
  for (const auto& [want, tenant] : wanted) {
    claim->held_back.push_back({want.webhook_id, kAfterError});
  }
  return absl::OkStatus();
}

std::vector<Call> PromoteCalls(const std::vector<Order>& orders) {
  std::vector<Call> calls;
  if (orders.empty()) return calls;
  std::set<Uuid> webhooks;
  ArrayParam gates(ArrayParam::kUuid), owners(ArrayParam::kInt4),
      buckets(ArrayParam::kInt2), ids(ArrayParam::kUuid), keys(ArrayParam::kText),
      tenants(ArrayParam::kInt4);
  for (const Order& order : orders) {
    if (webhooks.insert(order.webhook_id).second) {
      owners.AddInt4(order.tenant_id);
      gates.AddUuid(order.webhook_id);
    }
    tenants.AddInt4(order.tenant_id);
    buckets.AddInt2(BucketOf(order.webhook_id));
    ids.AddUuid(order.webhook_id);
    keys.AddText(order.order_key);
  }
  calls.push_back({&kAwaitGates,
                   std::move(Params().Array(std::move(owners)).Array(std::move(gates)))});
  calls.push_back({&kPromoteWindows, std::move(Params()
                                                   .Array(std::move(buckets))
                                                   .Array(std::move(ids))
                                                   .Array(std::move(keys))
                                                   .Array(std::move(tenants)))});
  return calls;
}

absl::Status SaveGate(Connection* connection, TenantId tenant, const Uuid& webhook_id,
                      const domain::WebhookSpec* before,
                      const domain::WebhookSpec& after) {
  const bool changes = before == nullptr ? domain::IsGated(after)
                                         : before->rate != after.rate ||
                                               before->ordering != after.ordering;
  if (!changes) return absl::OkStatus();
  WINDROW_RETURN_IF_ERROR(
      connection
          ->Run(kSaveGate, Params()
                               .Id(webhook_id)
                               .Float8(after.rate.requests_per_second)
                               .Int4(after.rate.max_concurrent_requests)
                               .Bool(domain::IsGated(after))
                               .Int2(static_cast<std::int16_t>(after.ordering))
                               .Int4(tenant))
          .status());
  const bool ends = before != nullptr && before->ordering != domain::Ordering::kNone &&
                    after.ordering == domain::Ordering::kNone;
  if (!ends) return absl::OkStatus();
  WINDROW_RETURN_IF_ERROR(
      connection
          ->Run(kEndOrdering,
                Params().Int2(BucketOf(webhook_id)).Id(webhook_id).Int4(tenant))
          .status());
  return connection->Run(kNotifyDue, Params().Text(webhook_id.ToString())).status();
}

}  // namespace windrow::store::postgres
