// Deliveries of one webhook with an ordering, as they should be.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {

struct Modelled {
  Uuid id;
  int object = 0;
  enum State { kWaits, kLeased, kLeaseEnded, kRetries, kEnded, kCancelled };
  State state = kWaits;
  absl::Duration retry_in;                    // kRetries
  std::optional<store::ClaimedWindow> claim;  // kLeased

  bool unfinished() const { return state != kEnded && state != kCancelled; }
  bool may_go() const {
    return state == kWaits || state == kLeaseEnded ||
           (state == kRetries && retry_in <= absl::ZeroDuration());
  }
};

// One webhook, its model beside it.
class OrderModel {
 public:
  OrderModel(store::StoredWebhook webhook, bool per_object)
      : webhook_(std::move(webhook)), per_object_(per_object) {}

  const store::StoredWebhook& webhook() const { return webhook_; }
  std::vector<Modelled>& all() { return all_; }
  // In the order of publishing.
  void Add(const Uuid& id, int object) {
    all_.push_back({.id = id, .object = per_object_ ? object : 0});
  }
  // What claims take now, sorted.
  std::vector<Uuid> Expected() const;
  Modelled& Of(const Uuid& id) {
    return *std::find_if(all_.begin(), all_.end(),
                         [&](const Modelled& m) { return m.id == id; });
  }
  // Any delivery in that state; null where there is none.
  Modelled* Any(Modelled::State state);
  void Pass(absl::Duration time) {
    for (Modelled& m : all_) {
      if (m.state == Modelled::kLeased) m.state = Modelled::kLeaseEnded;
      m.retry_in -= time;
    }
  }
  bool AllEnded() const {
    return std::none_of(all_.begin(), all_.end(),
                        [](const Modelled& m) { return m.unfinished(); });
  }

 private:
  store::StoredWebhook webhook_;
  bool per_object_;
  std::vector<Modelled> all_;
};

class OrderModelContract : public ContractTest {
 protected:
  OrderModel Start();
  // Any step, of the storage and of the model.
  void Step(OrderModel& model);
  // What is taken is what the model says; claims that follow take nothing.
  void ClaimAll(OrderModel& model);
  void End(Modelled* m, store::DeliveryState state, absl::Duration retry_in = {});

 private:
  void GiveBack(Modelled* m);
  void Cancel(Modelled* m);
  void SendAgain(Modelled* m);

  int models_ = 0;
};

}  // namespace windrow::contract
