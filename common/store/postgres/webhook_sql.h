// The SQL of webhook lists: a walk along the key, newest first, of no more webhooks than
// the query may look at, each of which is judged by the whole filter. A tenant has few.
#pragma once

#include "common/store/postgres/filter_sql.h"
#include "common/store/webhook_store.h"

namespace windrow::store::postgres {

// Rows of get_webhook.sql; behind these `wanted` and `spent`, how many were looked at up
// to this row. The last row that was looked at is there too, wanted or not.
SqlText ListWebhooksSql(TenantId tenant, const WebhookQuery& query);

}  // namespace windrow::store::postgres
