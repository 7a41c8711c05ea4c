// What a record has in the fields that its list's filter may compare: the plain meaning,
// for the fake store and for tests of the real one.
#pragma once

#include <vector>

#include "common/filter/filter.h"
#include "common/store/audit_store.h"
#include "common/store/delivery_store.h"
#include "common/store/event_store.h"
#include "common/store/webhook_store.h"

namespace windrow::testing {

// Of a record with all its items.
std::vector<filter::Value> ValuesOf(const store::DeliveryRecord& record,
                                    const filter::Test& test);
std::vector<filter::Value> ValuesOf(const store::StoredEvent& event,
                                    const filter::Test& test);
std::vector<filter::Value> ValuesOf(const store::StoredWebhook& webhook,
                                    const filter::Test& test);
std::vector<filter::Value> ValuesOf(const store::AuditEntry& entry,
                                    const filter::Test& test);

template <typename Record>
bool Matches(const filter::Filter& where, const Record& record) {
  return filter::Matches(
      where, [&](const filter::Test& test) { return ValuesOf(record, test); });
}

}  // namespace windrow::testing
