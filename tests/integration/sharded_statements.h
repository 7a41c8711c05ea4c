// Every statement, and what of the shards it may touch.
#pragma once

#include <string>
#include <vector>

#include "common/store/postgres/statement.h"

namespace windrow::integration {

// The rows of one tenant that statements are run with, as their text.
struct Subject {
  std::string tenant;   // its number
  std::string webhook;  // without a gate, and its bucket
  std::string bucket;
  std::string gated;  // with a rate and an ordering, and its bucket
  std::string gated_bucket;
  std::string leased;    // windows of `webhook`: leased with lease_seq 1, …
  std::string retrying;  // … waiting for a retry, …
  std::string open;      // … open for the group 'g'
  std::string finished;  // a delivery that failed
  std::string event;     // its number
  std::string received;  // when it was received, in µs since 2000
  std::string key_fields;
  std::string operation;
  std::string entry;  // of the audit log
  std::string other;  // an id that nothing has
};

// Runs with rows of one tenant: one shard of each table that it touches. `arguments` are
// SQL expressions, separated by commas, in which {tenant} and the like are replaced.
struct Routed {
  const store::postgres::Statement* statement;
  const char* arguments;
};
extern const std::vector<Routed> kRouted;

// Touches only what every shard has a copy of, or no table at all.
extern const std::vector<Routed> kReferenceOnly;

// Reads what a whole shard has, of all its tenants: it is run on each shard by itself.
struct WholeShard {
  const store::postgres::Statement* statement;
  const char* reason;
};
extern const std::vector<WholeShard> kWholeShard;

}  // namespace windrow::integration
