// Storage of events that fails when told.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "common/store/event_store.h"

namespace windrow::control_plane {

// Passes publish transactions on to another store, and spoils some. Not thread-safe.
class SpoiledEvents final : public store::EventStore {
 public:
  explicit SpoiledEvents(store::EventStore& events) : events_(events) {}

  // What the next calls answer instead of going on, one each; afterwards they work.
  std::deque<absl::Status> begins;
  std::deque<absl::Status> commits;
  // A commit that holds such an event answers `poisoned`, and writes nothing.
  std::function<bool(const domain::Event&)> is_poison;
  absl::Status poisoned = absl::InternalError("the database does not like it");
  // Every transaction says that all its tenants are stale.
  bool always_stale = false;
  // Called inside of each transaction, before its commit.
  std::function<void()> before_commit;

  int begun() const { return begun_; }
  // Events of each commit that was asked for.
  const std::vector<std::size_t>& committed() const { return committed_; }

  absl::StatusOr<std::unique_ptr<store::PublishTransaction>> BeginPublish(
      const store::PublishStart& start) override;
  absl::StatusOr<store::StoredEvent> GetEvent(store::TenantId tenant,
                                              std::int64_t escmsg_id) override {
    return events_.GetEvent(tenant, escmsg_id);
  }
  absl::StatusOr<store::EventPage> ListEvents(store::TenantId tenant,
                                              const store::EventQuery& query) override {
    return events_.ListEvents(tenant, query);
  }

 private:
  class Transaction;

  store::EventStore& events_;
  int begun_ = 0;
  std::vector<std::size_t> committed_;
};

}  // namespace windrow::control_plane
