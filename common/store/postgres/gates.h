// Webhooks whose requests may have to wait for others of theirs: those with a rate or an
// ordering. Whoever decides about their windows holds their gate, a row of its own, so
// that what it decides by is what is (docs/adr/0010, 0011).
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <vector>

#include "common/domain/webhook.h"
#include "common/store/delivery_queue.h"
#include "common/store/postgres/claim_rows.h"
#include "common/store/postgres/connection.h"

namespace windrow::store::postgres {

// Who claims, and how long a lease lasts beyond the request's timeout.
struct Claimer {
  WorkerId worker = 0;
  absl::Duration slack;
};

// A wanted webhook, and whose it is.
struct OwnedWant {
  WantedWebhook want;
  TenantId tenant_id = 0;
};

// The first five of claim_windows.sql and claim_gated_windows.sql.
Params ClaimParams(const Claimer& claimer, const std::vector<OwnedWant>& wanted);
// Their eighth.
ArrayParam TenantsOf(const std::vector<OwnedWant>& wanted);

// Claims windows of webhooks that have gates, in a transaction of its own. Where it
// fails, what the claim holds already is kept and these webhooks are held back; an error
// only where the connection is lost.
absl::Status ClaimThroughGates(Connection* connection, const Claimer& claimer,
                               const std::vector<OwnedWant>& wanted, Claim* claim,
                               ClaimRows* claimed);

// An order in which something ended.
struct Order {
  TenantId tenant_id = 0;
  Uuid webhook_id;
  std::string order_key;
};
// To run in the transaction in which it ended, after that: the next of each order is due.
std::vector<Call> PromoteCalls(const std::vector<Order>& orders);

// Brings the gate of a webhook, whose row is locked, from what `before` wants (null: the
// webhook is new) to `after`.
absl::Status SaveGate(Connection* connection, TenantId tenant, const Uuid& webhook_id,
                      const domain::WebhookSpec* before,
                      const domain::WebhookSpec& after);

}  // namespace windrow::store::postgres
