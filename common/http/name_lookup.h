// Names to addresses, away from the sender's thread.
#pragma once

#include <absl/status/statusor.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/http/address_rules.h"

namespace windrow::http {

class NameLookup {
 public:
  virtual ~NameLookup() = default;
  // All addresses of `host`, the one to try first in front; never empty. May block.
  // NOT_FOUND: there is no such name, or it has no address. UNAVAILABLE: no answer now.
  // Thread-safe.
  virtual absl::StatusOr<std::vector<IpAddress>> Lookup(const std::string& host) = 0;
};

// getaddrinfo: /etc/hosts, DNS and whatever else the machine is set up for. A name
// server that does not answer is given up after about ten seconds.
std::shared_ptr<NameLookup> SystemNameLookup();

// Runs lookups on a bounded number of threads, started as they are needed, so that names
// without an answer hold up neither the caller nor, short of `max_threads` of them, other
// names. Thread-safe. The destructor waits for the lookups that run.
class LookupPool {
 public:
  using Addresses = absl::StatusOr<std::vector<IpAddress>>;
  // Called on one of the pool's threads.
  using Answered = std::function<void(std::string key, Addresses addresses)>;

  LookupPool(std::shared_ptr<NameLookup> lookup, std::size_t max_threads,
             Answered answered);
  ~LookupPool();
  LookupPool(const LookupPool&) = delete;
  LookupPool& operator=(const LookupPool&) = delete;

  // `key` comes back with the answer.
  void Start(std::string key, std::string host);

 private:
  struct Job {
    std::string key;
    std::string host;
  };

  void Run();

  const std::shared_ptr<NameLookup> lookup_;
  const std::size_t max_threads_;
  const Answered answered_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace windrow::http
