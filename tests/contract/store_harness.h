// One storage under test: the interfaces, and what the tests need beside them.
#pragma once

#include <absl/time/time.h>

#include <memory>
#include <string>

#include "common/store/access_store.h"
#include "common/store/audit_store.h"
#include "common/store/change_store.h"
#include "common/store/delivery_control.h"
#include "common/store/delivery_queue.h"
#include "common/store/delivery_store.h"
#include "common/store/event_store.h"
#include "common/store/event_type_store.h"
#include "common/store/operation_store.h"
#include "common/store/retention_store.h"
#include "common/store/stats_store.h"
#include "common/store/webhook_store.h"

namespace windrow::contract {

class StoreHarness {
 public:
  virtual ~StoreHarness() = default;
  virtual store::WebhookStore& webhooks() = 0;
  virtual store::EventTypeStore& event_types() = 0;
  virtual store::EventStore& events() = 0;
  virtual store::DeliveryQueue& queue() = 0;
  virtual store::DeliveryStore& deliveries() = 0;
  virtual store::DeliveryControl& control() = 0;
  virtual store::OperationStore& operations() = 0;
  virtual store::RetentionStore& retention() = 0;
  virtual store::StatsStore& stats() = 0;
  virtual store::ChangeStore& changes() = 0;
  // In the same database; its tenants are those of AddTenant.
  virtual store::AccessStore& access() = 0;
  virtual store::AuditStore& audit() = 0;

  virtual store::TenantId AddTenant(const std::string& name) = 0;
  // Everything in the queue comes nearer by this much, and rates let in what they would
  // have, as if the time had passed.
  virtual void ShiftWindows(absl::Duration by) = 0;
  // Everything gets older by whole days, as if they had passed; what waits for its time
  // stays as far from it. Ids that hold their time may become others: Aged.
  virtual void Age(absl::Duration by) = 0;
  virtual Uuid Aged(const Uuid& id, absl::Duration by) = 0;
  // What is made after this has a later time, by a millisecond at least.
  virtual void Tick() = 0;
  virtual std::unique_ptr<store::QueueListener> Listen() = 0;
};

using MakeHarness = std::unique_ptr<StoreHarness> (*)();

}  // namespace windrow::contract
