// Finding and claiming windows, and holding on to them.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/items.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

std::vector<Uuid> ReadIds(const Result& rows, int column) {
  std::vector<Uuid> ids;
  ids.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) ids.push_back(rows.Id(i, column));
  return ids;
}

Params HeldParams(const std::vector<HeldWindow>& held) {
  ArrayParam ids(ArrayParam::kUuid, held.size()), buckets(ArrayParam::kInt2, held.size()),
      seqs(ArrayParam::kInt4, held.size());
  for (const HeldWindow& h : held) {
    ids.AddUuid(h.window_id);
    buckets.AddInt2(BucketOf(h.webhook_id));
    seqs.AddInt4(h.lease_seq);
  }
  Params params;
  params.Array(std::move(ids)).Array(std::move(buckets)).Array(std::move(seqs));
  return params;
}

ClaimedWindow ReadClaimed(const Result& rows, int row) {
  ClaimedWindow w;
  w.window_id = rows.Id(row, 0);
  w.tenant_id = rows.Int4(row, 1);
  w.webhook_id = rows.Id(row, 2);
  w.webhook_version = rows.Int4(row, 3);
  w.current_version = rows.Int4(row, 4);
  w.webhook_enabled = rows.Bool(row, 5);
  w.lease_seq = rows.Int4(row, 6);
  w.attempt = rows.Int2(row, 7);
  w.lost_leases = rows.Int2(row, 8);
  if (!rows.IsNull(row, 14)) w.resent_after = rows.Int2(row, 14);
  w.webhook_failing = rows.Bool(row, 15);
  return w;
}

// Fills the claim's items from runs, and its events from the store, each event once.
absl::Status FillItems(Connection* connection, KeyFieldSets* key_fields,
                       const std::vector<ItemRun>& runs, Claim* claim) {
  std::map<EventPlace, std::uint32_t> index_of;
  std::vector<EventPlace> places;
  for (const ItemRun& run : runs) {
    ClaimedWindow& window = claim->windows[run.window];
    for (std::size_t i = 0; i < run.escmsg_ids.size(); ++i) {
      const EventPlace place{window.tenant_id, run.escmsg_ids[i], run.received_us};
      const auto [found, added] =
          index_of.try_emplace(place, static_cast<std::uint32_t>(places.size()));
      if (added) places.push_back(place);
      window.items.push_back({.ref = {.escmsg_id = run.escmsg_ids[i],
                                      .notification_id = run.notification_ids[i]},
                              .event = found->second});
    }
  }
  for (ClaimedWindow& window : claim->windows) {
    std::stable_sort(window.items.begin(), window.items.end(),
                     [](const ClaimedItem& a, const ClaimedItem& b) {
                       return a.ref.escmsg_id < b.ref.escmsg_id;
                     });
  }
  WINDROW_ASSIGN_OR_RETURN(claim->events, LoadEvents(connection, key_fields, places));
  for (ClaimedWindow& window : claim->windows) {
    window.events_lost =
        window.items.empty() ||
        std::any_of(window.items.begin(), window.items.end(), [&](const ClaimedItem& i) {
          return claim->events[i.event].escmsg_id == 0;
        });
  }
  return absl::OkStatus();
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

absl::StatusOr<Claim> PostgresStore::ClaimWindows(
    WorkerId worker, const std::vector<WantedWebhook>& wanted, absl::Duration slack) {
  ArrayParam buckets(ArrayParam::kInt2, wanted.size()),
      ids(ArrayParam::kUuid, wanted.size()), rooms(ArrayParam::kInt4, wanted.size());
  for (const WantedWebhook& w : wanted) {
    buckets.AddInt2(BucketOf(w.webhook_id));
    ids.AddUuid(w.webhook_id);
    rooms.AddInt4(w.room);
  }
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      lease->Run(kClaimWindows,
                 Params()
                     .Int4(worker)
                     .Array(std::move(buckets))
                     .Array(std::move(ids))
                     .Array(std::move(rooms))
                     .Int4(static_cast<std::int32_t>(absl::ToInt64Milliseconds(slack)))));
  Claim claim;
  std::vector<ItemRun> runs;
  std::vector<Uuid> appended_windows;
  std::vector<std::size_t> appended_indexes;
  claim.windows.reserve(static_cast<std::size_t>(rows.rows()));
  for (int i = 0; i < rows.rows(); ++i) {
    claim.windows.push_back(ReadClaimed(rows, i));
    const std::size_t index = claim.windows.size() - 1;
    claim.now = rows.Time(i, 13);
    std::int32_t inline_items = 0;
    if (!rows.IsNull(i, 11)) {
      runs.push_back({.window = index,
                      .received_us = rows.Int8(i, 10),
                      .escmsg_ids = rows.Int8s(i, 11),
                      .notification_ids = rows.Int4s(i, 12)});
      inline_items = static_cast<std::int32_t>(runs.back().escmsg_ids.size());
    }
    if (rows.Int4(i, 9) > inline_items) {
      appended_windows.push_back(claim.windows.back().window_id);
      appended_indexes.push_back(index);
    }
  }
  WINDROW_RETURN_IF_ERROR(
      LoadWindowItems(&*lease, appended_windows, appended_indexes, &runs));
  WINDROW_RETURN_IF_ERROR(FillItems(&*lease, &key_field_sets_, runs, &claim));
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
  ArrayParam ids(ArrayParam::kUuid, webhooks.size());
  for (const Uuid& id : webhooks) ids.AddUuid(id);
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows,
                           lease->Run(kReadHeads, Params().Array(std::move(ids))));
  std::vector<WebhookHead> heads;
  for (int i = 0; i < rows.rows(); ++i) {
    heads.push_back({.webhook_id = rows.Id(i, 0),
                     .version = rows.Int4(i, 1),
                     .enabled = rows.Bool(i, 2)});
  }
  return heads;
}

}  // namespace windrow::store::postgres
