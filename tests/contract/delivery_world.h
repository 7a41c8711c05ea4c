// Deliveries of every kind, for tests of filters.
#pragma once

#include <string>
#include <vector>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {

class DeliveryFilterContract : public ContractTest {
 protected:
  // An outcome of the webhook's due window, with an attempt of this status and error.
  store::Outcome Ended(const store::StoredWebhook& webhook, store::DeliveryState state,
                       int status_code,
                       store::AttemptError error = store::AttemptError::kNone);
  // One batch of these events, closed.
  Uuid PublishBatch(const store::StoredWebhook& webhook,
                    const std::vector<domain::Event>& of);
  // Finishes the webhook's due window with the types and objects that were published.
  void Finish(const store::StoredWebhook& webhook, const std::vector<domain::Event>& of,
              store::DeliveryState state, int status_code,
              store::AttemptError error = store::AttemptError::kNone);

  // Two webhooks with deliveries, a third without, and another tenant with some.
  void MakeWorld();
  // All that MakeWorld made, newest first.
  std::vector<store::DeliveryRecord> Records();
  // Every page of the list; fails where there are more than `most_pages`.
  std::vector<Uuid> AllPages(store::DeliveryQuery query, int most_pages);
  // For rapidcheck's properties: a comparison with values of the world.
  std::string AnyComparison();

  std::vector<store::StoredWebhook> webhooks_;
  std::vector<Uuid> ids_;

 private:
  void MakeFinished(const store::StoredWebhook& webhook);
  void MakeUnfinished();
  std::string AnyTime();
};

}  // namespace windrow::contract
