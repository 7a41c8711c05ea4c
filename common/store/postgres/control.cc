// Sending again, and cancelling, by hand.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_map>

#include "common/base/status.h"
#include "common/store/audit_entries.h"
#include "common/store/postgres/audit.h"
#include "common/store/postgres/gates.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/transaction.h"

namespace windrow::store::postgres {
namespace {

// More names than a notification holds (8,000 bytes): all webhooks are looked at.
constexpr std::size_t kMostNamed = 100;

Params Named(TenantId tenant, const std::vector<Uuid>& ids) {
  ArrayParam array(ArrayParam::kUuid, ids.size());
  for (const Uuid& id : ids) array.AddUuid(id);
  Params params;
  params.Int4(tenant).Array(std::move(array));
  return params;
}

// Verdicts by delivery, and the webhooks that have something to send.
struct Judged {
  std::unordered_map<Uuid, Requeue> verdicts;
  std::set<Uuid> webhooks;

  void Read(const Result& rows) {
    for (int i = 0; i < rows.rows(); ++i) {
      const auto verdict = static_cast<Requeue>(rows.Int2(i, 1));
      verdicts[rows.Id(i, 0)] = verdict;
      if (verdict == Requeue::kDone) webhooks.insert(rows.Id(i, 2));
    }
  }
  std::string NotifyPayload() const {
    if (webhooks.size() > kMostNamed) return "*";
    std::string names;
    for (const Uuid& id : webhooks) {
      if (!names.empty()) names += ',';
      names += id.ToString();
    }
    return names;
  }
};

}  // namespace

absl::StatusOr<std::vector<Requeue>> PostgresStore::Redeliver(
    const Author& author, const std::vector<Uuid>& ids) {
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_ASSIGN_OR_RETURN(std::vector<Requeue> verdicts,
                           RedeliverWithin(transaction.connection(), author.tenant, ids));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (verdicts[i] != Requeue::kDone) continue;
    WINDROW_RETURN_IF_ERROR(AppendAudit(transaction.connection(),
                                        EntryOf(author, "delivery.redeliver", ids[i])));
  }
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  return verdicts;
}

absl::StatusOr<std::vector<Requeue>> PostgresStore::RedeliverWithin(
    Connection* transaction, TenantId tenant, const std::vector<Uuid>& ids) {
  Judged judged;
  WINDROW_ASSIGN_OR_RETURN(const Result waiting,
                           transaction->Run(kHastenWindows, Named(tenant, ids)));
  judged.Read(waiting);
  // What finishes between the two statements is found by the second.
  WINDROW_ASSIGN_OR_RETURN(const Result finished,
                           transaction->Run(kRequeueFinished, Named(tenant, ids)));
  judged.Read(finished);
  if (!judged.webhooks.empty()) {
    WINDROW_RETURN_IF_ERROR(
        transaction->Run(kNotifyDue, Params().Text(judged.NotifyPayload())).status());
  }
  std::vector<Requeue> verdicts;
  verdicts.reserve(ids.size());
  for (const Uuid& id : ids) {
    const auto found = judged.verdicts.find(id);
    verdicts.push_back(found == judged.verdicts.end() ? Requeue::kNotFound
                                                      : found->second);
  }
  return verdicts;
}

// False where it is not in the queue, or a worker holds it.
absl::StatusOr<bool> PostgresStore::CancelWaiting(const Author& author, const Uuid& id,
                                                  const std::string& reason) {
  WINDROW_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(&api_));
  WINDROW_ASSIGN_OR_RETURN(
      const Result window,
      transaction->Run(kFindWindow, Params().Int4(author.tenant).Id(id)));
  if (window.rows() == 0) return false;
  const Uuid webhook = window.Id(0, 0);
  std::vector<Call> calls;
  Params cancel;
  cancel.Int2(BucketOf(webhook)).Id(webhook).Text(reason).Id(id).Int4(author.tenant);
  calls.push_back({&kCancelWindows, std::move(cancel)});
  if (!window.IsNull(0, 2)) {
    // Others may have waited for it.
    std::ranges::move(
        PromoteCalls({{author.tenant, webhook, std::string(window.Text(0, 2))}}),
        std::back_inserter(calls));
    calls.push_back({&kNotifyDue, std::move(Params().Text(webhook.ToString()))});
  }
  WINDROW_ASSIGN_OR_RETURN(const std::vector<Result> results, transaction->RunAll(calls));
  const bool cancelled = results.front().Int8(0, 0) == 1;
  if (cancelled) {
    WINDROW_RETURN_IF_ERROR(
        AppendAudit(transaction.connection(), EntryOf(author, "delivery.cancel", id)));
  }
  // Either way: what the others waited for may have ended meanwhile.
  WINDROW_RETURN_IF_ERROR(transaction.Commit());
  return cancelled;
}

absl::Status PostgresStore::Cancel(const Author& author, const Uuid& id,
                                   const std::string& reason) {
  WINDROW_ASSIGN_OR_RETURN(const bool cancelled, CancelWaiting(author, id, reason));
  if (cancelled) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(const DeliveryRecord record,
                           GetDelivery(author.tenant, id, /*bodies=*/false));
  if (record.state == DeliveryState::kInFlight) {
    return WithReason(
        absl::FailedPreconditionError(
            "a worker is sending it: what becomes of that request cannot be called back"),
        "DELIVERY_IN_FLIGHT");
  }
  return WithReason(
      absl::FailedPreconditionError("it has ended: there is nothing to cancel"),
      "DELIVERY_FINISHED");
}

}  // namespace windrow::store::postgres
