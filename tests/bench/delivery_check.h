// What the sink holds a delivery against, and what it counts.
#pragma once

#include <absl/container/flat_hash_set.h>
#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/bench/latency_histogram.h"
#include "tests/bench/shared_page.h"

namespace windrow::bench {

// One request as the sink read it; borrowed.
struct ReceivedRequest {
  std::size_t webhook = 0;  // the number in its path
  std::string_view id;      // webhook-id
  std::string_view timestamp;
  std::string_view signature;
  std::string_view body;
};

// What was received at one path. Sums are over each item once and do not depend on the
// order, so that they equal the publisher's exactly where the sets of items are equal.
struct WebhookCounts {
  std::uint64_t items = 0;
  std::uint64_t item_sum = 0;  // of Mix(sequence, escmsg_id)
  std::uint64_t deliveries = 0;
  std::vector<bool> seen;  // by sequence / types
};

// The sum of everything that is wrong with a request; each one alone makes the run fail.
struct Faults {
  std::uint64_t signature = 0;  // missing, or not this body's
  std::uint64_t timestamp = 0;  // more than five minutes off
  std::uint64_t body = 0;       // no stamped object, or one that is not as published
  std::uint64_t shape = 0;      // not one object or not an array, as was expected
  std::uint64_t order = 0;      // items of a body not in escmsg_id order
  std::uint64_t protocol = 0;   // no HTTP request that the sink understands
  std::uint64_t too_many = 0;   // more items than a window may hold
  std::uint64_t stray = 0;      // an event of a type that the webhook does not want
};

// Not thread-safe.
class DeliveryCheck {
 public:
  struct Options {
    std::string secret;  // whsec_…
    std::size_t webhooks = 1;
    std::size_t max_items = 0;  // 0: bodies are objects, not arrays
    // Event types: webhook n wants events whose sequence leaves the same rest by it as n.
    std::size_t types = 1;
    std::size_t timed_from = 0;  // latencies are of webhooks from this number on
  };
  // Ends the program where the secret is none.
  DeliveryCheck(const Options& options, SharedPage& page);
  ~DeliveryCheck();
  DeliveryCheck(const DeliveryCheck&) = delete;
  DeliveryCheck& operator=(const DeliveryCheck&) = delete;

  // Checks and counts. False where anything is wrong with the request.
  bool Take(const ReceivedRequest& request);
  // Checks a request that will not be answered with success, and so comes again: its
  // items are not counted. Likewise.
  bool Look(const ReceivedRequest& request);
  void CountProtocolFault() { ++faults_.protocol; }
  void CountRequest() { ++requests_; }

  std::string ToJson() const;
  // The latencies so far, and begins them anew.
  std::string TakeLatencies();

 private:
  bool SignatureHolds(const ReceivedRequest& request);
  bool TimestampHolds(const ReceivedRequest& request);
  struct Item {
    std::uint64_t sequence, escmsg_id, sent;
  };
  // False where anything is wrong with the request; else `items_` are what it carries.
  bool Verify(const ReceivedRequest& request);
  bool ReadItems(const ReceivedRequest& request);
  std::string LatenciesToJson() const;
  void TakeItem(std::size_t webhook, const Item& item);

  Options options_;
  SharedPage& page_;
  EVP_MAC_CTX* mac_;  // holds the key; restarted for each request
  std::vector<WebhookCounts> webhooks_;
  std::vector<Item> items_;  // of the request that is looked at
  absl::flat_hash_set<std::pair<std::uint64_t, std::uint64_t>> delivery_ids_;
  std::uint64_t requests_ = 0;  // complete ones, of any kind
  std::uint64_t verified_ = 0;
  std::uint64_t looked_at_ = 0;
  std::uint64_t repeated_deliveries_ = 0;
  std::uint64_t repeated_items_ = 0;
  Faults faults_;
  LatencyHistogram latency_;
};

}  // namespace windrow::bench
