// The queue, as a worker sees it: find, claim, record.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/store/types.h"

namespace windrow::store {

using WorkerId = std::int32_t;

// A claim takes windows until their bodies are so large together: no more than the last
// of them is over it.
inline constexpr std::int64_t kMaxClaimedBytes = 16 << 20;

struct DueScan {
  std::vector<Uuid> webhooks;  // that have due windows; distinct
  absl::Time now;              // the database's clock: the next cursor
  std::optional<absl::Duration>
      next;  // until the next window becomes due; none: no window waits
};

struct WantedWebhook {
  Uuid webhook_id;
  int room = 0;                 // windows at most
  bool unless_failing = false;  // none where its last request failed
};

struct ClaimedItem {
  ItemRef ref;
  std::uint32_t event = 0;  // index into Claim::events
};

struct ClaimedWindow {
  Uuid window_id;
  TenantId tenant_id = 0;
  Uuid webhook_id;
  std::int32_t webhook_version = 0;  // that contents are rendered with
  std::int32_t current_version = 0;  // that URL and credentials are taken from
  bool webhook_enabled = false;      // as of the claim; false too where it is deleted
  bool webhook_failing = false;      // as of the claim: its last request failed
  std::int32_t lease_seq = 0;
  int attempt = 0;           // attempts that ended
  int resent_after = 0;      // how many had, when it was sent again by hand: no part of
                             // the schedule
  bool gated = false;        // of a webhook with a rate or an order, as of the claim
  std::string order_key;     // domain::OrderKey
  int lost_leases = 0;       // claims in a row, before this one, without an outcome
  bool events_lost = false;  // an event of it is no longer stored: it cannot be rendered
  std::vector<ClaimedItem> items;  // by escmsg_id
};

// A wanted webhook that may have more due windows than were claimed, which its rate or
// its ordering holds back.
struct HeldBack {
  Uuid webhook_id;
  absl::Duration again_after;  // when to want it again; zero: at once
  bool until_freed = false;    // or before, where a request of it has ended
};

struct Claim {
  std::vector<ClaimedWindow> windows;
  std::vector<StoredEvent> events;
  std::vector<HeldBack> held_back;
  int parked = 0;    // windows that were due, and wait for one before them instead
  bool cut = false;  // more was due that was wanted: kMaxClaimedBytes
  absl::Time now;    // the database's clock; not set where nothing was claimed
};

// What became of one claimed window: it ends, or it is tried again.
struct Outcome {
  Uuid window_id;
  TenantId tenant_id = 0;
  Uuid webhook_id;
  std::int32_t webhook_version = 0;
  std::int32_t lease_seq = 0;

  // kSucceeded, kFailed, kCancelled, or kRetrying with `retry_after`.
  DeliveryState state = DeliveryState::kFailed;
  absl::Duration retry_after;
  std::string reason;
  bool gone = false;             // 410: the webhook is to be disabled
  bool webhook_failing = false;  // as claimed
  bool gated = false;            // likewise
  std::string order_key;         // likewise

  std::optional<Attempt> attempt;  // started_at is not read, started_ago is
  absl::Duration started_ago;      // at the time of Record; the database's clock is used

  std::vector<ItemRef> items;
  std::vector<std::string> event_types;  // parallel to items
  std::vector<std::string> object_ids;   // likewise
  bool keep_bodies = true;               // false: lightweight logs
  std::string request_headers;
  std::string request_body;
};

struct HeldWindow {
  Uuid window_id;
  TenantId tenant_id = 0;
  Uuid webhook_id;
  std::int32_t lease_seq = 0;
};

// A webhook's current version and whether it may send.
struct WebhookHead {
  Uuid webhook_id;
  std::int32_t version = 0;
  bool enabled = false;  // and not deleted
};

// Thread-safe. UNAVAILABLE where the database cannot be reached.
class DeliveryQueue {
 public:
  virtual ~DeliveryQueue() = default;

  virtual absl::StatusOr<WorkerId> RegisterWorker(const std::string& name) = 0;

  // Webhooks with windows that became due after `cursor`, and when the next will.
  virtual absl::StatusOr<DueScan> FindDue(absl::Time cursor) = 0;
  // Webhooks with due windows in buckets `from` to `to` (inclusive), however old.
  virtual absl::StatusOr<std::vector<Uuid>> ScanBuckets(int from, int to) = 0;

  // Takes due windows of the wanted webhooks, skipping what others hold. A lease ends at
  // the webhook's timeout plus `slack`. Closes windows that were open. Stops where it has
  // taken kMaxClaimedBytes: what is read and rendered at once is bounded by that.
  //
  // Of a webhook with a rate no more are taken than may start now, over all workers; each
  // counts as a request. Of windows with the same order key one is taken at a time, the
  // one with the first event; those that are due before their turn wait for it (parked),
  // and are due when the one before them ends.
  virtual absl::StatusOr<Claim> ClaimWindows(WorkerId worker,
                                             const std::vector<WantedWebhook>& wanted,
                                             absl::Duration slack) = 0;
  // Writes outcomes, in one transaction. Those whose lease is another worker's by now are
  // recorded as late attempts and change nothing else. Answers how many were late.
  //
  // Where one with an order key ended, or waits to be tried again, the next of that key
  // is due.
  //
  // Counts what failed in a row, but for failures of our own (kInternal, kPoison), and
  // disables webhooks that answered 410 or whose auto_disable rule says so, in a
  // transaction of their own that leaves a notice. One that fails is made up for by the
  // next failure.
  virtual absl::StatusOr<int> Record(const std::vector<Outcome>& outcomes) = 0;
  // Moves the leases' end to `from_now` from now; answers which are still held, parallel.
  virtual absl::StatusOr<std::vector<bool>> Renew(const std::vector<HeldWindow>& held,
                                                  absl::Duration from_now) = 0;
  // Gives windows back that were not started: due at once, as if not claimed.
  virtual absl::Status Release(const std::vector<HeldWindow>& held) = 0;

  // Current state of webhooks, deleted ones included; unknown ids are left out.
  virtual absl::StatusOr<std::vector<WebhookHead>> ReadHeads(
      const std::vector<Uuid>& webhooks) = 0;
  // The current profile with its secrets, of a deleted webhook too.
  virtual absl::StatusOr<StoredWebhook> LoadWebhook(const Uuid& webhook_id) = 0;
  // The spec of one version.
  virtual absl::StatusOr<domain::WebhookSpec> LoadVersion(const Uuid& webhook_id,
                                                          std::int32_t version) = 0;
};

// Wakes a worker when windows are published. Not thread-safe: one per waiting thread.
class QueueListener {
 public:
  struct Wake {
    std::vector<Uuid> webhooks;  // that have new windows
    bool scan = false;           // more than were named, or the connection was renewed
  };
  virtual ~QueueListener() = default;
  // Waits at most `timeout`; returns at once after Interrupt.
  virtual absl::StatusOr<Wake> Wait(absl::Duration timeout) = 0;
  // From any thread.
  virtual void Interrupt() = 0;
};

}  // namespace windrow::store
