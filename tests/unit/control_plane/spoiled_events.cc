#include "tests/unit/control_plane/spoiled_events.h"

#include <algorithm>
#include <utility>

namespace windrow::control_plane {
namespace {

absl::Status Take(std::deque<absl::Status>* statuses) {
  if (statuses->empty()) return absl::OkStatus();
  absl::Status status = std::move(statuses->front());
  statuses->pop_front();
  return status;
}

}  // namespace

class SpoiledEvents::Transaction final : public store::PublishTransaction {
 public:
  Transaction(SpoiledEvents& store, std::unique_ptr<store::PublishTransaction> real,
              std::vector<store::TenantId> stale)
      : store_(store), real_(std::move(real)), stale_(std::move(stale)) {}

  const std::vector<store::TenantId>& stale_tenants() const override {
    return store_.always_stale ? stale_ : real_->stale_tenants();
  }
  absl::Time now() const override { return real_->now(); }
  const std::vector<std::int64_t>& numbers() const override { return real_->numbers(); }
  const std::vector<std::optional<std::int64_t>>& known() const override {
    return real_->known();
  }
  absl::StatusOr<std::vector<store::OpenWindow>> OpenWindows(
      const std::vector<store::WindowGroup>& groups) override {
    return real_->OpenWindows(groups);
  }
  absl::Status Commit(const store::PublishWrites& writes) override {
    store_.committed_.push_back(writes.events.size());
    if (store_.before_commit) store_.before_commit();
    WINDROW_RETURN_IF_ERROR(Take(&store_.commits));
    const bool poisoned =
        store_.is_poison &&
        std::any_of(writes.events.begin(), writes.events.end(),
                    [&](const store::NewEvent& e) { return store_.is_poison(*e.event); });
    if (poisoned) return store_.poisoned;
    return real_->Commit(writes);
  }

 private:
  SpoiledEvents& store_;
  const std::unique_ptr<store::PublishTransaction> real_;
  const std::vector<store::TenantId> stale_;
};

absl::StatusOr<std::unique_ptr<store::PublishTransaction>> SpoiledEvents::BeginPublish(
    const store::PublishStart& start) {
  ++begun_;
  WINDROW_RETURN_IF_ERROR(Take(&begins));
  WINDROW_ASSIGN_OR_RETURN(auto real, events_.BeginPublish(start));
  std::vector<store::TenantId> tenants;
  for (const store::TenantConfig& tenant : start.tenants) {
    tenants.push_back(tenant.tenant_id);
  }
  return std::make_unique<Transaction>(*this, std::move(real), std::move(tenants));
}

}  // namespace windrow::control_plane
