// The SQL of delivery lists, made from a query: only the conditions asked for, so that
// PostgreSQL plans for the index that serves them.
#pragma once

#include <optional>
#include <string>

#include "common/store/delivery_store.h"
#include "common/store/postgres/params.h"

namespace windrow::store::postgres {

struct SqlText {
  std::string sql;
  Params params;
};

// Unfinished deliveries, from the queue; none where the states asked for are all
// finished. `only` asks for one delivery.
std::optional<SqlText> ListWindowsSql(TenantId tenant, const DeliveryQuery& query,
                                      std::optional<Uuid> only = std::nullopt);

// Finished deliveries; none where the states asked for are all unfinished.
std::optional<SqlText> ListFinishedSql(TenantId tenant, const DeliveryQuery& query,
                                       std::optional<Uuid> only = std::nullopt);

}  // namespace windrow::store::postgres
