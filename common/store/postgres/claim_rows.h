// Reads what the statements that claim windows answer.
#pragma once

#include <absl/status/status.h>

#include <vector>

#include "common/store/delivery_queue.h"
#include "common/store/postgres/connection.h"
#include "common/store/postgres/items.h"

namespace windrow::store::postgres {

// Fills a claim, which must outlive this.
class ClaimRows {
 public:
  explicit ClaimRows(Claim* claim) : claim_(*claim) {}

  // A row of claim_windows.sql, or of claim_gated_windows.sql, that has a window.
  void Add(const Result& rows, int row);
  // Of all windows: their items, by escmsg_id, and their events, each once.
  absl::Status LoadItems(Connection* connection, KeyFieldSets* key_fields);

 private:
  absl::Status FillItems(Connection* connection, KeyFieldSets* key_fields);

  Claim& claim_;
  std::vector<ItemRun> runs_;
  std::vector<AppendedWindow> appended_;  // their items are not all in their row
};

}  // namespace windrow::store::postgres
