// Deliveries that a worker holds, by webhook: how many may run, wait, and be claimed.
//
// Pure bookkeeping: time goes in, what to start and what to claim come out. Not
// thread-safe; Dispatcher holds the lock.
//
// A webhook may hold as many deliveries as it has requests at once, or as it completed in
// the last quarter of a second where that is more: a fast endpoint is claimed for in
// large bites, a slow one only what it can take. A webhook with a rate holds no more than
// it has requests at once. An endpoint that has not answered yet holds one. Those and the
// slow ones together hold half of all at most, so that a crowd of hanging endpoints
// leaves room for the others. New ones, and slow ones that hold nothing, may have three
// quarters, of which the third is for those whose last request did not fail, one each.
//
// A webhook whose endpoint fails is not claimed for while its breaker is open; then for
// one request, then for twice as many each second.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "common/domain/breaker.h"
#include "common/store/delivery_queue.h"
#include "workers/delivery/options.h"
#include "workers/delivery/profile.h"

namespace windrow::delivery {

struct Lane;

// One claimed window. All times are the local clock's.
struct Delivery {
  store::Outcome outcome;  // all but what becomes of it; request_body is what is sent
  int attempt = 1;
  int resent_after = 0;
  absl::Time lease_until;
  std::size_t bytes = 0;
  std::shared_ptr<const Profile> profile;  // that it is signed for and sent by
  std::string url;  // with the event's fields in it; empty: the profile's
  SignatureLines lines;
  int hops = 1;  // deliveries that led to this one, itself too
  absl::Time signed_at = absl::InfinitePast();

  absl::Time started_at;
  domain::Breaker::Ticket ticket = 0;
  bool lost = false;  // the lease is another worker's by now
  Lane* lane = nullptr;
  std::list<Delivery>::iterator self;
};

// What a webhook completed in the last 250 ms.
class RecentCount {
 public:
  void Add(absl::Time now);
  int Count(absl::Time now) const;

 private:
  static constexpr std::int64_t kSlotMs = 50;
  static constexpr std::size_t kSlots = 5;
  struct Slot {
    std::int64_t number = -1;
    int count = 0;
  };
  std::array<Slot, kSlots> slots_;
};

enum class Pace : std::uint8_t { kUnknown, kFast, kSlow };

// One webhook.
struct Lane {
  Uuid webhook_id;
  std::shared_ptr<const Profile> profile;  // the newest known
  bool enabled = true;
  absl::Time head_at = absl::InfinitePast();  // when that was asked for
  std::list<Delivery> waiting, started;       // in order of claim, and of start
  Pace pace = Pace::kUnknown;
  domain::Breaker breaker;
  RecentCount completions;
  absl::Time last_wanted = absl::InfinitePast();
  absl::Time last_used;
  bool hungry = false;  // has due work and had no room

  int held() const { return static_cast<int>(waiting.size() + started.size()); }
};

// That of a webhook's breaker.
struct BreakerChange {
  Uuid webhook_id;
  domain::BreakerState from, to;
  absl::Time until;  // with kOpen
  int failures = 0;  // in a row
};

// What came of one request, as far as its webhook's next ones are concerned.
struct Completion {
  absl::Duration took;
  domain::EndpointReport report;
  double random = 0;  // in [0, 1)
};

// A webhook's state as just read, with its newest profile (none: keeps the known one).
struct Head {
  Uuid webhook_id;
  std::shared_ptr<const Profile> profile;
  bool enabled = false;
};

struct Wanted {
  std::vector<store::WantedWebhook> webhooks;
  std::size_t examined = 0;  // of the candidates, from the first
  bool paced = false;        // one was left out only since its last claim is fresh
  // Left out until then, since their breakers are open.
  std::vector<std::pair<Uuid, absl::Time>> barred;
};

class Lanes {
 public:
  explicit Lanes(const DeliveryOptions& options);

  // What to claim for the candidates: at most `most` windows.
  Wanted Want(std::span<const Uuid> candidates, int most, absl::Time now);

  // True where the webhook was barred and is no longer: it is another one by now.
  bool SetHead(const Head& head, absl::Time asked_at);
  // Takes the first of `from`, which are of one webhook, its head having been set.
  void Enqueue(std::list<Delivery>* from, std::list<Delivery>::iterator delivery,
               absl::Time now);
  // Moves what may start now to `started` and adds it to `out`.
  void TakeStartable(Lane* lane, absl::Time now, std::vector<Delivery*>* out);
  // Takes a started delivery out. True where its webhook, or all, may claim again.
  bool Complete(Delivery* delivery, const Completion& completion, absl::Time now,
                std::list<Delivery>* out);

  // Webhooks whose state must be read before what waits may start, be it here or for an
  // access token; and some of those whose breakers are open, each every few seconds.
  std::vector<Uuid> StaleHeads(absl::Time now) const;
  // What waits for webhooks that are disabled by now.
  std::list<Delivery> TakeDisabled(Lane* lane);
  // What waits beyond the room of an endpoint that became slow or fails, and what was
  // made from an older profile and must be made anew.
  std::list<Delivery> TakeExcess(absl::Time now);
  std::list<Delivery> TakeWaiting(const Uuid& webhook);
  std::list<Delivery> TakeAllWaiting();
  // What waits, and whose lease is another worker's.
  std::list<Delivery> TakeLost(Lane* lane);
  // Forgets webhooks that had nothing for ten minutes; or less, where there are too many.
  void RemoveIdle(absl::Time now);
  // Of breakers, since it was called last.
  std::vector<BreakerChange> TakeBreakerChanges() { return std::move(changes_); }

  Lane* Find(const Uuid& webhook);
  template <typename Visitor>
  void ForEach(Visitor visitor) {
    for (auto& [id, lane] : lanes_) visitor(lane.get());
  }

  int held() const { return held_; }
  int started() const { return started_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t webhooks() const { return lanes_.size(); }
  // Webhooks that are not sent to, or one request, since their endpoints fail.
  int open_breakers() const;

  // More are not known at once, but for those that hold something.
  static constexpr std::size_t kMaxWebhooks = 100'000;

 private:
  struct Asking {
    Lane* lane;
    int wish;  // windows, 1 or more
  };

  Lane* FindOrAdd(const Uuid& webhook, absl::Time now);
  int Allowed(Lane* lane, absl::Time now);
  int Capacity(Lane* lane, absl::Time now);
  int Wish(Lane* lane, absl::Time now, bool* paced);
  std::vector<Asking> ThoseWithRoom(std::span<const Uuid> candidates, absl::Time now,
                                    Wanted* wanted);
  int SlowRoom(int cautious) const;
  int PoolRoom(const Lane& lane, int cautious) const;
  void NoteBreaker(const Lane& lane, domain::BreakerState before);
  bool WakesClaims(Lane* lane, absl::Time now);
  static bool IsOutdated(const Lane& lane, const Delivery& delivery);
  void TakeOutdated(Lane* lane, std::list<Delivery>* taken);
  void SetPace(Lane* lane, Pace pace);
  void CountHeld(Lane* lane, int change, std::size_t bytes);
  void TakeOne(Lane* lane, std::list<Delivery>::iterator delivery,
               std::list<Delivery>* out);

  DeliveryOptions options_;
  domain::BreakerPolicy breaker_policy_;
  std::vector<BreakerChange> changes_;
  absl::flat_hash_map<Uuid, std::unique_ptr<Lane>> lanes_;
  int held_ = 0;
  int started_ = 0;
  int cautious_held_ = 0;  // by lanes that are not fast
  std::size_t bytes_ = 0;
  // Something had room of its own, but there was none in all, or among the cautious.
  bool all_hungry_ = false;
  bool cautious_hungry_ = false;
};

}  // namespace windrow::delivery
