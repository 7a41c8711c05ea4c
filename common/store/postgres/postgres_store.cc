#include "common/store/postgres/postgres_store.h"

#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

// Claim, record, renew, maintenance, and what holds the lock of maintenance.
constexpr int kQueueConnections = 5;

}  // namespace

PostgresStore::PostgresStore(const PostgresOptions& options,
                             std::shared_ptr<crypto::LiveKeyRing> key_ring)
    : key_ring_(std::move(key_ring)),
      api_({.url = options.url,
            .application_name = options.application_name,
            .errors = options.errors},
           options.pool_size),
      queue_({.url = options.url,
              .synchronous_commit = false,
              .application_name = options.application_name,
              .errors = options.errors},
             kQueueConnections) {}

absl::StatusOr<std::unique_ptr<PostgresStore>> PostgresStore::Open(
    const PostgresOptions& options, crypto::KeyRing key_ring) {
  return Open(options, std::make_shared<crypto::LiveKeyRing>(std::move(key_ring)));
}

absl::StatusOr<std::unique_ptr<PostgresStore>> PostgresStore::Open(
    const PostgresOptions& options, std::shared_ptr<crypto::LiveKeyRing> key_ring) {
  std::unique_ptr<PostgresStore> store(new PostgresStore(options, std::move(key_ring)));
  WINDROW_ASSIGN_OR_RETURN(Lease lease, store->api_.Acquire());
  WINDROW_RETURN_IF_ERROR(CheckSchema(&*lease));
  return store;
}

absl::Status PostgresStore::Ping() {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  return CheckTakesWrites(&*lease);
}

absl::StatusOr<bool> PostgresStore::MakePartitions(int days_ahead) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, queue_.Acquire());
  WINDROW_ASSIGN_OR_RETURN(Result rows,
                           lease->Run(kMakePartitions, Params().Int4(days_ahead)));
  return rows.Int4(0, 0) >= 0;
}

}  // namespace windrow::store::postgres
