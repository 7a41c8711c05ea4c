// A webhook endpoint that answers 200 and keeps account of every item.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/raw_receiver.h"

namespace windrow::testing {

// What arrived, by id. Thread-safe.
class ItemReceiver {
 public:
  struct Received {
    std::string delivery_id;               // the header webhook-id
    std::vector<std::int64_t> escmsg_ids;  // of the items, as they stood in the body
  };

  // Waits `delay` before each answer.
  explicit ItemReceiver(std::chrono::milliseconds delay = {});

  std::string Url() const { return receiver_->Url("/hook"); }
  std::uint16_t port() const { return receiver_->port(); }

  std::vector<Received> requests() const;
  // How often each item came, by its escmsg_id.
  std::map<std::int64_t, int> items() const;
  // Requests beyond the first of each delivery.
  int repeats() const;
  std::size_t distinct_items() const;
  // False where fewer distinct items came within the limit.
  bool WaitForItems(std::size_t count, std::chrono::seconds limit) const;

 private:
  void Serve(testing_support::RawConnection& peer);
  void Keep(const std::string& request);

  const std::chrono::milliseconds delay_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Received> requests_;
  std::set<std::int64_t> distinct_;
  // The last: its threads use what stands above.
  std::unique_ptr<testing_support::RawReceiver> receiver_;
};

}  // namespace windrow::testing
