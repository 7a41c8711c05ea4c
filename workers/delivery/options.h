// What a delivery worker may be told, and its fixed paces.
#pragma once

#include <absl/time/time.h>

#include <cstddef>
#include <string>

namespace windrow::delivery {

struct DeliveryOptions {
  std::string worker_name;  // for the record of workers: host and process id
  bool allow_http = false;  // http URLs may be sent to
  int concurrency = 64;     // requests at once, a webhook
  // Deliveries held at once: running, waiting to start, or ended and not on record.
  int max_in_flight = 2'000;
  std::size_t max_bytes = 256u << 20;  // of held deliveries and outcomes to record
  int breaker_failures = 5;  // in a row that open a webhook's breaker; 0: none does
  absl::Duration lease_slack = absl::Seconds(15);
  absl::Duration shutdown_timeout = absl::Seconds(30);
};

// A window whose lease ended this often in a row without an outcome ends workers.
inline constexpr int kPoisonLeases = 5;

inline constexpr int kMaxWebhooksPerClaim = 200;
inline constexpr int kMaxWindowsPerClaim = 500;
// Of webhooks that are not known to be fast: the others wait for the claim before theirs.
inline constexpr int kMaxCautiousPerClaim = 32;
inline constexpr int kMaxCautiousWindowsPerClaim = 64;
inline constexpr std::size_t kMaxOutcomesPerRecord = 500;

// A request starts only while its webhook's state was read at most this long ago: a
// webhook that is disabled or deleted is sent nothing more than 2 s later.
inline constexpr absl::Duration kHeadFreshFor = absl::Milliseconds(1'500);
inline constexpr absl::Duration kHeadRefreshAfter = absl::Seconds(1);

// Of a webhook that is not sent to since its breaker is open: an edit may mend it.
inline constexpr absl::Duration kBarredHeadRefreshAfter = absl::Seconds(5);

// A request is signed anew where it starts later than this after it was signed.
inline constexpr absl::Duration kSignatureFreshFor = absl::Seconds(1);

// An endpoint that takes longer than this to answer is slow.
inline constexpr absl::Duration kSlowAnswer = absl::Seconds(1);

}  // namespace windrow::delivery
