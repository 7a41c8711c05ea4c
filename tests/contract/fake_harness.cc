#include "tests/contract/suites.h"
#include "tests/support/fake_access_store.h"
#include "tests/support/fake_store.h"

namespace windrow::contract {
namespace {

class FakeHarness final : public StoreHarness {
 public:
  store::WebhookStore& webhooks() override { return store_; }
  store::EventTypeStore& event_types() override { return store_; }
  store::EventStore& events() override { return store_; }
  store::DeliveryQueue& queue() override { return store_; }
  store::DeliveryStore& deliveries() override { return store_; }
  store::DeliveryControl& control() override { return store_; }
  store::OperationStore& operations() override { return store_; }
  store::RetentionStore& retention() override { return store_; }
  store::StatsStore& stats() override { return store_; }
  store::ChangeStore& changes() override { return store_; }
  store::AccessStore& access() override { return access_; }
  store::AuditStore& audit() override { return store_; }

  store::TenantId AddTenant(const std::string& name) override {
    (void)access_.CreateTenant(name);
    return store_.AddTenant(name);
  }
  void Age(absl::Duration by) override { store_.AdvanceClock(by); }
  Uuid Aged(const Uuid& id, absl::Duration) override { return id; }
  void ShiftWindows(absl::Duration by) override { store_.AdvanceClock(by); }
  void Tick() override { store_.AdvanceClock(absl::Milliseconds(1)); }
  std::unique_ptr<store::QueueListener> Listen() override { return store_.Listen(); }

 private:
  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  testing::FakeAccessStore access_{clock_};
};

std::unique_ptr<StoreHarness> MakeFake() { return std::make_unique<FakeHarness>(); }

}  // namespace

WINDROW_INSTANTIATE_CONTRACT(Fake, &MakeFake);

}  // namespace windrow::contract
