#include "common/store/postgres/claim_rows.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/status.h"

namespace windrow::store::postgres {
namespace {

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

}  // namespace

void ClaimRows::Add(const Result& rows, int row) {
  claim_.windows.push_back(ReadClaimed(rows, row));
  const std::size_t place = claim_.windows.size() - 1;
  claim_.now = rows.Time(row, 13);
  std::int32_t inline_items = 0;
  if (!rows.IsNull(row, 11)) {
    runs_.push_back({.window = place,
                     .received_us = rows.Int8(row, 10),
                     .escmsg_ids = rows.Int8s(row, 11),
                     .notification_ids = rows.Int4s(row, 12)});
    inline_items = static_cast<std::int32_t>(runs_.back().escmsg_ids.size());
  }
  if (rows.Int4(row, 9) > inline_items) {
    const ClaimedWindow& window = claim_.windows.back();
    appended_.push_back({window.tenant_id, window.window_id, place});
  }
}

absl::Status ClaimRows::LoadItems(Connection* connection, KeyFieldSets* key_fields) {
  WINDROW_RETURN_IF_ERROR(LoadWindowItems(connection, appended_, &runs_));
  return FillItems(connection, key_fields);
}

absl::Status ClaimRows::FillItems(Connection* connection, KeyFieldSets* key_fields) {
  std::map<EventPlace, std::uint32_t> index_of;
  std::vector<EventPlace> places;
  for (const ItemRun& run : runs_) {
    ClaimedWindow& window = claim_.windows[run.window];
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
  for (ClaimedWindow& window : claim_.windows) {
    std::stable_sort(window.items.begin(), window.items.end(),
                     [](const ClaimedItem& a, const ClaimedItem& b) {
                       return a.ref.escmsg_id < b.ref.escmsg_id;
                     });
  }
  WINDROW_ASSIGN_OR_RETURN(claim_.events, LoadEvents(connection, key_fields, places));
  for (ClaimedWindow& window : claim_.windows) {
    window.events_lost =
        window.items.empty() ||
        std::any_of(window.items.begin(), window.items.end(), [&](const ClaimedItem& i) {
          return claim_.events[i.event].escmsg_id == 0;
        });
  }
  return absl::OkStatus();
}

}  // namespace windrow::store::postgres
