// Names to addresses, away from the sender's thread.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/http/address_rules.h"

namespace windrow::http {

class NameLookup {
 public:
  virtual ~NameLookup() = default;
  // All addresses of `host`, the one to try first in front; never empty. May block, for
  // about `patience` a name server. NOT_FOUND: there is no such name, or it has no
  // address. UNAVAILABLE: no answer within that. Thread-safe.
  virtual absl::StatusOr<std::vector<IpAddress>> Lookup(const std::string& host,
                                                        absl::Duration patience) = 0;
};

// getaddrinfo: /etc/hosts, DNS and whatever else the machine is set up for. Its patience
// is whole seconds, one at least.
std::shared_ptr<NameLookup> SystemNameLookup();

// What is known of a name when it is looked up: how many threads such names may hold.
enum class LookupLane : std::uint8_t {
  kKnown,   // was answered before: all of them
  kNew,     // three quarters
  kSilent,  // its last lookup had no answer: a quarter
};

struct LookupLimits {
  std::size_t max_threads = 32;
  // How long a new name may be silent before it goes to the silent ones, once more.
  absl::Duration first_patience = absl::Seconds(1);
  absl::Duration patience = absl::Seconds(4);
};

// Runs lookups on a bounded number of threads, started as they are needed, so that names
// without an answer hold up neither the caller nor other names: those that were answered
// before always find a thread; a new one waits for others that are new, each of which
// holds a thread for `first_patience` at most. A name is looked up once at a time, for
// all that ask for it meanwhile. Thread-safe. The destructor waits for the lookups that
// run.
class LookupPool {
 public:
  using Addresses = absl::StatusOr<std::vector<IpAddress>>;
  // Called on one of the pool's threads.
  using Answered = std::function<void(std::string key, Addresses addresses)>;

  LookupPool(std::shared_ptr<NameLookup> lookup, const LookupLimits& limits,
             Answered answered);
  ~LookupPool();
  LookupPool(const LookupPool&) = delete;
  LookupPool& operator=(const LookupPool&) = delete;

  // `key` comes back with the answer.
  void Start(std::string key, const std::string& host, LookupLane lane);

 private:
  static constexpr std::size_t kLanes = 3;
  struct Lane {
    std::deque<std::string> hosts;  // that wait
    std::size_t running = 0;
    std::size_t most = 0;  // that may run
  };

  // These hold the lock.
  Lane& LaneOf(LookupLane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  void Enqueue(const std::string& host, LookupLane lane);
  std::optional<LookupLane> NextLane() const;

  void Run();
  // Looks the next name of the lane up, without the lock meanwhile.
  void RunOne(LookupLane lane, std::unique_lock<std::mutex>* lock);

  const std::shared_ptr<NameLookup> lookup_;
  const LookupLimits limits_;
  const Answered answered_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Lane, kLanes> lanes_;
  // Who asked for a name that waits or is looked up.
  std::unordered_map<std::string, std::vector<std::string>> keys_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace windrow::http
