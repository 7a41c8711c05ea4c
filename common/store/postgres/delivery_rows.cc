#include "common/store/postgres/delivery_rows.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/items.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

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
  if (rows.Bool(row, 23)) {
    if (!rows.IsNull(row, 24)) d.waits_for = rows.Id(row, 24);
  } else {
    d.due_at = rows.Time(row, 2);
  }
  d.attempt_count = rows.Int2(row, 5);
  d.state = UnfinishedState(rows.Bool(row, 3), rows.Bool(row, 4), d.attempt_count);
  if (d.state == DeliveryState::kInFlight) d.due_at.reset();
  d.item_count = rows.Int4(row, 6);
  if (bodies) d.body_absence = BodyAbsence::kNotSent;
  if (!rows.IsNull(row, 10)) {
    d.last_attempt = ReadAttempt(rows, row, 10);
    if (!bodies) DropResponse(&*d.last_attempt);
  }
  return d;
}

DeliveryRecord ReadRecord(const Result& rows, int row, TenantId tenant, int max_items) {
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
  d.body_absence = static_cast<BodyAbsence>(rows.Int2(row, 29));
  return d;
}

// Fills the items of windows, the first `max_items` of each. `rows_of` are the rows that
// the records were read from.
absl::Status FillItems(Connection* connection, const Result& rows,
                       const std::vector<int>& rows_of, int max_items,
                       std::vector<DeliveryRecord>* records) {
  std::vector<ItemRun> runs;
  std::vector<AppendedWindow> windows;
  for (std::size_t i = 0; i < records->size(); ++i) {
    const int row = rows_of[i];
    if (!rows.IsNull(row, 8)) {
      runs.push_back({.window = i,
                      .received_us = rows.Int8(row, 7),
                      .escmsg_ids = rows.Int8s(row, 8),
                      .notification_ids = rows.Int4s(row, 9)});
    }
    windows.push_back({(*records)[i].tenant_id, (*records)[i].delivery_id, i});
  }
  WINDROW_RETURN_IF_ERROR(LoadWindowItems(connection, windows, &runs));
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

// Which rows are wanted ones, up to the scan's limit, and how far it got.
DeliveryRows Outline(const Result& rows, int wanted_column, const DeliveryScan& scan,
                     std::vector<int>* wanted) {
  DeliveryRows outline;
  const int limit = scan.limit;
  for (int row = 0; row < rows.rows(); ++row) {
    // What the last one took may be more than was left.
    outline.examined = static_cast<int>(
        std::min<std::int64_t>(rows.Int8(row, wanted_column + 1), scan.examine));
    if (!rows.Bool(row, wanted_column)) continue;
    outline.more = static_cast<int>(wanted->size()) == limit;
    if (!outline.more) wanted->push_back(row);
  }
  if (outline.examined >= scan.examine) outline.stopped = rows.Id(rows.rows() - 1, 0);
  return outline;
}

}  // namespace

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

absl::StatusOr<DeliveryRows> ReadWindows(Connection* connection, const DeliveryScan& scan,
                                         int max_items) {
  const SqlText text = ListWindowsSql(scan);
  WINDROW_ASSIGN_OR_RETURN(Result rows, connection->RunPlanned(text.sql, text.params));
  std::vector<int> wanted;
  DeliveryRows read = Outline(rows, 25, scan, &wanted);
  for (const int row : wanted) {
    read.records.push_back(ReadWindow(rows, row, scan.tenant, scan.query->bodies));
  }
  WINDROW_RETURN_IF_ERROR(FillItems(connection, rows, wanted, max_items, &read.records));
  return read;
}

absl::StatusOr<DeliveryRows> ReadFinished(Connection* connection,
                                          const DeliveryScan& scan, int max_items) {
  const SqlText text = ListFinishedSql(scan);
  WINDROW_ASSIGN_OR_RETURN(Result rows, connection->RunPlanned(text.sql, text.params));
  std::vector<int> wanted;
  DeliveryRows read = Outline(rows, 27, scan, &wanted);
  for (const int row : wanted) {
    read.records.push_back(ReadRecord(rows, row, scan.tenant, max_items));
  }
  WINDROW_RETURN_IF_ERROR(
      FillLastAttempts(connection, scan.tenant, scan.query->bodies, &read.records));
  return read;
}

}  // namespace windrow::store::postgres
