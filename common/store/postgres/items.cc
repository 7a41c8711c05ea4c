#include "common/store/postgres/items.h"

#include <algorithm>
#include <numeric>

#include "common/base/status.h"
#include "common/json/document.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {

std::string LinkedToJson(const std::vector<domain::LinkedObject>& linked) {
  if (linked.empty()) return {};
  std::string out = "{";
  for (const domain::LinkedObject& object : linked) {
    if (out.size() > 1) out += ',';
    json::AppendString(object.name, &out);
    out += ':';
    out += object.json;
  }
  out += '}';
  return out;
}

absl::StatusOr<std::vector<domain::LinkedObject>> LinkedFromJson(std::string_view text) {
  std::vector<domain::LinkedObject> linked;
  if (text.empty()) return linked;
  // One level deeper and longer than what was checked when it was published.
  const json::Limits limits{.max_bytes = 4u << 20, .max_depth = 256};
  WINDROW_ASSIGN_OR_RETURN(const json::Document document,
                           json::Document::ParseObject(std::string(text), limits));
  for (auto v = document.root().first_child(); v; v = v->next()) {
    linked.push_back({.name = v->key(), .json = std::string(v->raw())});
  }
  return linked;
}

namespace {

constexpr int kKeyFieldsColumn = 15;
constexpr int kOriginColumn = 16;

absl::StatusOr<StoredEvent> ReadEvent(const Result& rows, int row) {
  StoredEvent e;
  e.tenant_id = rows.Int4(row, 1);
  e.escmsg_id = rows.Int8(row, 2);
  e.received_at = rows.Time(row, 3);
  e.event.occurred_at = rows.Time(row, 4);
  e.event.event_id = rows.Text(row, 5);
  e.event.type = rows.Text(row, 6);
  e.event.object_type = rows.Text(row, 7);
  e.event.object_id = rows.Text(row, 8);
  e.event.message = rows.Text(row, 9);
  e.event.agent_id = rows.Text(row, 10);
  e.event.object = rows.Text(row, 11);
  e.event.previous = rows.Text(row, 12);
  e.event.action = rows.Text(row, 13);
  WINDROW_ASSIGN_OR_RETURN(e.event.linked, LinkedFromJson(rows.Text(row, 14)));
  if (!rows.IsNull(row, kOriginColumn)) {
    e.event.origin_webhook_id = rows.Id(row, kOriginColumn);
    e.event.hops = rows.Int4(row, kOriginColumn + 1);
  }
  return e;
}

}  // namespace

absl::StatusOr<std::vector<StoredEvent>> ReadEvents(Connection* connection,
                                                    KeyFieldSets* key_fields,
                                                    const Result& rows,
                                                    const std::vector<int>& which) {
  std::vector<StoredEvent> events;
  std::vector<KeyFieldSets::Key> keys;
  events.reserve(which.size());
  keys.reserve(which.size());
  for (const int row : which) {
    WINDROW_ASSIGN_OR_RETURN(StoredEvent event, ReadEvent(rows, row));
    keys.emplace_back(event.tenant_id, rows.IsNull(row, kKeyFieldsColumn)
                                           ? 0
                                           : rows.Int4(row, kKeyFieldsColumn));
    events.push_back(std::move(event));
  }
  WINDROW_ASSIGN_OR_RETURN(std::vector<KeyFieldSets::Set> sets,
                           key_fields->Find(connection, keys));
  for (std::size_t i = 0; i < events.size(); ++i) events[i].key_fields = sets[i];
  return events;
}

absl::Status LoadWindowItems(Connection* connection,
                             const std::vector<AppendedWindow>& windows,
                             std::vector<ItemRun>* runs) {
  if (windows.empty()) return absl::OkStatus();
  std::map<Uuid, std::size_t> index_of;
  ArrayParam tenants(ArrayParam::kInt4, windows.size()),
      ids(ArrayParam::kUuid, windows.size());
  for (const AppendedWindow& window : windows) {
    tenants.AddInt4(window.tenant_id);
    ids.AddUuid(window.window_id);
    index_of[window.window_id] = window.index;
  }
  WINDROW_ASSIGN_OR_RETURN(
      Result rows,
      connection->Run(kLoadWindowItems,
                      Params().Array(std::move(tenants)).Array(std::move(ids))));
  for (int i = 0; i < rows.rows(); ++i) {
    runs->push_back({.window = index_of.at(rows.Id(i, 0)),
                     .received_us = rows.Int8(i, 1),
                     .escmsg_ids = rows.Int8s(i, 2),
                     .notification_ids = rows.Int4s(i, 3)});
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredEvent>> LoadEvents(
    Connection* connection, KeyFieldSets* key_fields,
    const std::vector<EventPlace>& places) {
  std::vector<StoredEvent> events(places.size());
  if (places.empty()) return events;
  ArrayParam tenants(ArrayParam::kInt4, places.size()),
      numbers(ArrayParam::kInt8, places.size()),
      received(ArrayParam::kInt8, places.size());
  for (const EventPlace& place : places) {
    tenants.AddInt4(place.tenant_id);
    numbers.AddInt8(place.escmsg_id);
    received.AddInt8(place.received_us);
  }
  WINDROW_ASSIGN_OR_RETURN(Result rows,
                           connection->Run(kLoadEvents, Params()
                                                            .Array(std::move(tenants))
                                                            .Array(std::move(numbers))
                                                            .Array(std::move(received))));
  std::vector<int> all(static_cast<std::size_t>(rows.rows()));
  std::iota(all.begin(), all.end(), 0);
  WINDROW_ASSIGN_OR_RETURN(std::vector<StoredEvent> found,
                           ReadEvents(connection, key_fields, rows, all));
  for (int i = 0; i < rows.rows(); ++i) {
    const auto position = static_cast<std::size_t>(rows.Int4(i, 0) - 1);
    events.at(position) = std::move(found[static_cast<std::size_t>(i)]);
  }
  return events;
}

}  // namespace windrow::store::postgres
