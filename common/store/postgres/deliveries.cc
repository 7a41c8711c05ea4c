// Reading deliveries: the unfinished ones from the queue, the finished ones from history.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/delivery_sql.h"
#include "common/store/postgres/items.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

// An attempt in 13 columns from `first`, in the order of list_attempts.sql.
Attempt ReadAttempt(const Result& rows, int row, int first) {
  Attempt a;
  a.attempt = rows.Int2(row, first);
  a.late = rows.Bool(row, first + 1);
  a.started_at = rows.Time(row, first + 2);
  a.duration = absl::Microseconds(rows.Int4(row, first + 3));
  std::vector<std::int32_t> phases = rows.Int4s(row, first + 4);
  phases.resize(4);
  a.name_lookup = absl::Microseconds(phases[0]);
  a.connect = absl::Microseconds(phases[1]);
  a.tls = absl::Microseconds(phases[2]);
  a.first_byte = absl::Microseconds(phases[3]);
  a.remote_address = rows.Text(row, first + 5);
  a.status_code = rows.Int2(row, first + 6);
  a.error = static_cast<AttemptError>(rows.Int2(row, first + 7));
  a.error_detail = rows.Text(row, first + 8);
  a.request_bytes = rows.Int4(row, first + 9);
  a.response_bytes = rows.Int8(row, first + 10);
  a.response_headers = rows.Text(row, first + 11);
  a.response_body = rows.Text(row, first + 12);
  return a;
}

void DropResponse(Attempt* attempt) {
  attempt->response_headers.clear();
  attempt->response_body.clear();
}

DeliveryState UnfinishedState(bool open, bool leased, int attempts) {
  if (open) return DeliveryState::kOpen;
  if (leased) return DeliveryState::kInFlight;
  return attempts > 0 ? DeliveryState::kRetrying : DeliveryState::kPending;
}

DeliveryRecord ReadWindow(const Result& rows, int row, TenantId tenant, bool bodies) {
  DeliveryRecord d;
  d.tenant_id = tenant;
  d.delivery_id = rows.Id(row, 0);
  d.webhook_id = rows.Id(row, 1);
  d.created_at = d.delivery_id.time();
  d.due_at = rows.Time(row, 2);
  d.attempt_count = rows.Int2(row, 5);
  d.state = UnfinishedState(rows.Bool(row, 3), rows.Bool(row, 4), d.attempt_count);
  if (d.state == DeliveryState::kInFlight) d.due_at.reset();
  d.item_count = rows.Int4(row, 6);
  if (!rows.IsNull(row, 10)) {
    d.last_attempt = ReadAttempt(rows, row, 10);
    if (!bodies) DropResponse(&*d.last_attempt);
  }
  return d;
}

DeliveryRecord ReadFinished(const Result& rows, int row, TenantId tenant, int max_items) {
  DeliveryRecord d;
  d.tenant_id = tenant;
  d.delivery_id = rows.Id(row, 0);
  d.webhook_id = rows.Id(row, 1);
  d.state = static_cast<DeliveryState>(rows.Int2(row, 2));
  d.created_at = d.delivery_id.time();
  d.finished_at = rows.Time(row, 3);
  const std::string type(rows.Text(row, 4)), object(rows.Text(row, 5));
  d.item_count = rows.Int4(row, 6);
  const auto escmsg_ids = rows.Int8s(row, 7);
  const auto notification_ids = rows.Int4s(row, 8);
  const auto types = rows.Texts(row, 9), objects = rows.Texts(row, 10);
  for (std::size_t i = 0;
       i < std::min(escmsg_ids.size(), static_cast<std::size_t>(max_items)); ++i) {
    d.items.push_back({.ref = {escmsg_ids[i], notification_ids[i]},
                       .event_type = types.empty() ? type : types[i],
                       .object_id = objects.empty() ? object : objects[i]});
  }
  d.reason = rows.Text(row, 11);
  d.attempt_count = rows.Int2(row, 12);
  if (!rows.IsNull(row, 14)) d.last_attempt = ReadAttempt(rows, row, 12);
  d.request_headers = rows.Text(row, 25);
  d.request_body = rows.Text(row, 26);
  return d;
}

// Fills the items of windows read into `records`, the first `max_items` of each.
absl::Status FillItems(Connection* connection, const Result& rows, int max_items,
                       std::vector<DeliveryRecord>* records) {
  std::vector<ItemRun> runs;
  std::vector<Uuid> windows;
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < records->size(); ++i) {
    const int row = static_cast<int>(i);
    if (!rows.IsNull(row, 8)) {
      runs.push_back({.window = i,
                      .received_us = rows.Int8(row, 7),
                      .escmsg_ids = rows.Int8s(row, 8),
                      .notification_ids = rows.Int4s(row, 9)});
    }
    windows.push_back((*records)[i].delivery_id);
    indexes.push_back(i);
  }
  WINDROW_RETURN_IF_ERROR(LoadWindowItems(connection, windows, indexes, &runs));
  ArrayParam tenants(ArrayParam::kInt4), numbers(ArrayParam::kInt8),
      received(ArrayParam::kInt8);
  std::vector<std::pair<std::size_t, std::size_t>> places;  // record, item
  for (const ItemRun& run : runs) {
    DeliveryRecord& record = (*records)[run.window];
    for (std::size_t i = 0; i < run.escmsg_ids.size(); ++i) {
      if (record.items.size() >= static_cast<std::size_t>(max_items)) break;
      places.emplace_back(run.window, record.items.size());
      record.items.push_back({.ref = {run.escmsg_ids[i], run.notification_ids[i]}});
      tenants.AddInt4(record.tenant_id);
      numbers.AddInt8(run.escmsg_ids[i]);
      received.AddInt8(run.received_us);
    }
  }
  if (places.empty()) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(
      Result heads, connection->Run(kLoadItemHeads, Params()
                                                        .Array(std::move(tenants))
                                                        .Array(std::move(numbers))
                                                        .Array(std::move(received))));
  for (int i = 0; i < heads.rows(); ++i) {
    const auto [record, item] = places.at(static_cast<std::size_t>(heads.Int4(i, 0) - 1));
    (*records)[record].items[item].event_type = heads.Text(i, 1);
    (*records)[record].items[item].object_id = heads.Text(i, 2);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<DeliveryRecord>> ReadWindows(Connection* connection,
                                                        const SqlText& text,
                                                        TenantId tenant, bool bodies,
                                                        int max_items) {
  WINDROW_ASSIGN_OR_RETURN(Result rows, connection->RunPlanned(text.sql, text.params));
  std::vector<DeliveryRecord> records;
  for (int i = 0; i < rows.rows(); ++i) {
    records.push_back(ReadWindow(rows, i, tenant, bodies));
  }
  WINDROW_RETURN_IF_ERROR(FillItems(connection, rows, max_items, &records));
  return records;
}

// Deliveries that ended without an attempt of their own (cancelled, poison) show the one
// before.
absl::Status FillLastAttempts(Connection* connection, TenantId tenant, bool bodies,
                              std::vector<DeliveryRecord>* records) {
  ArrayParam ids(ArrayParam::kUuid);
  std::map<Uuid, DeliveryRecord*> wanted;
  for (DeliveryRecord& d : *records) {
    if (d.last_attempt || d.attempt_count == 0) continue;
    ids.AddUuid(d.delivery_id);
    wanted[d.delivery_id] = &d;
  }
  if (wanted.empty()) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      connection->Run(kLoadLastAttempts, Params().Array(std::move(ids)).Int4(tenant)));
  for (int i = 0; i < rows.rows(); ++i) {
    DeliveryRecord* record = wanted.at(rows.Id(i, 13));
    record->last_attempt = ReadAttempt(rows, i, 0);
    if (!bodies) DropResponse(&*record->last_attempt);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<DeliveryRecord>> ReadFinishedAll(Connection* connection,
                                                            const SqlText& text,
                                                            TenantId tenant, bool bodies,
                                                            int max_items) {
  WINDROW_ASSIGN_OR_RETURN(Result rows, connection->RunPlanned(text.sql, text.params));
  std::vector<DeliveryRecord> records;
  for (int i = 0; i < rows.rows(); ++i) {
    records.push_back(ReadFinished(rows, i, tenant, max_items));
  }
  WINDROW_RETURN_IF_ERROR(FillLastAttempts(connection, tenant, bodies, &records));
  return records;
}

}  // namespace

// The queue is read first: what finishes in between is seen twice rather than never, and
// counts as what it was.
absl::StatusOr<DeliveryPage> PostgresStore::ListDeliveries(TenantId tenant,
                                                           const DeliveryQuery& query) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  std::vector<DeliveryRecord> records;
  std::unordered_set<Uuid> unfinished;
  if (const auto text = ListWindowsSql(tenant, query)) {
    WINDROW_ASSIGN_OR_RETURN(
        records, ReadWindows(&*lease, *text, tenant, query.bodies, kListedItems));
    for (const DeliveryRecord& d : records) unfinished.insert(d.delivery_id);
  }
  if (const auto text = ListFinishedSql(tenant, query)) {
    WINDROW_ASSIGN_OR_RETURN(
        std::vector<DeliveryRecord> finished,
        ReadFinishedAll(&*lease, *text, tenant, query.bodies, kListedItems));
    for (DeliveryRecord& d : finished) {
      if (!unfinished.contains(d.delivery_id)) records.push_back(std::move(d));
    }
  }
  std::sort(records.begin(), records.end(),
            [&](const DeliveryRecord& a, const DeliveryRecord& b) {
              return query.oldest_first ? a.delivery_id < b.delivery_id
                                        : b.delivery_id < a.delivery_id;
            });
  DeliveryPage page;
  page.more = records.size() > static_cast<std::size_t>(query.limit);
  if (page.more) records.resize(static_cast<std::size_t>(query.limit));
  page.deliveries = std::move(records);
  return page;
}

absl::StatusOr<DeliveryRecord> PostgresStore::GetDelivery(TenantId tenant, const Uuid& id,
                                                          bool bodies) {
  const DeliveryQuery query{.limit = 1, .bodies = bodies};
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(std::vector<DeliveryRecord> windows,
                           ReadWindows(&*lease, *ListWindowsSql(tenant, query, id),
                                       tenant, bodies, INT32_MAX));
  if (!windows.empty()) return std::move(windows.front());
  WINDROW_ASSIGN_OR_RETURN(std::vector<DeliveryRecord> finished,
                           ReadFinishedAll(&*lease, *ListFinishedSql(tenant, query, id),
                                           tenant, bodies, INT32_MAX));
  if (finished.empty()) {
    return WithReason(
        absl::NotFoundError(fmt::format("there is no delivery {}", id.ToString())),
        "DELIVERY_NOT_FOUND");
  }
  return std::move(finished.front());
}

absl::StatusOr<AttemptPage> PostgresStore::ListAttempts(TenantId tenant, const Uuid& id,
                                                        int offset, int limit) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(
      Result rows, lease->Run(kListAttempts,
                              Params().Id(id).Int4(tenant).Int4(offset).Int4(limit + 1)));
  if (rows.rows() == 0) {
    WINDROW_ASSIGN_OR_RETURN(Result exists,
                             lease->Run(kDeliveryExists, Params().Id(id).Int4(tenant)));
    if (!exists.Bool(0, 0)) {
      return WithReason(
          absl::NotFoundError(fmt::format("there is no delivery {}", id.ToString())),
          "DELIVERY_NOT_FOUND");
    }
  }
  AttemptPage page;
  page.more = rows.rows() > limit;
  for (int i = 0; i < std::min(rows.rows(), limit); ++i) {
    page.attempts.push_back(ReadAttempt(rows, i, 0));
  }
  return page;
}

}  // namespace windrow::store::postgres
