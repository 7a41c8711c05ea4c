#include "common/http/name_lookup.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace windrow::http {
namespace {

class SystemLookup final : public NameLookup {
 public:
  absl::StatusOr<std::vector<IpAddress>> Lookup(const std::string& host,
                                                absl::Duration patience) override {
    LimitResolverTime(patience);
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) return FailureOf(host, error);
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);

    std::vector<IpAddress> addresses;
    for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
      std::optional<IpAddress> address = IpAddress::FromSockaddr(one->ai_addr);
      if (address) addresses.push_back(*address);
    }
    if (addresses.empty()) {
      return absl::NotFoundError(fmt::format("{} has no IPv4 or IPv6 address", host));
    }
    return addresses;
  }

 private:
  // The resolver's state is the thread's own; its default of 5 s per try, times servers,
  // times search domains, would hold a thread for a minute. Two tries, where there is
  // time for them.
  static void LimitResolverTime(absl::Duration patience) {
    if ((_res.options & RES_INIT) == 0) res_init();
    const auto seconds = std::max<std::int64_t>(1, absl::ToInt64Seconds(patience));
    _res.retry = seconds > 1 ? 2 : 1;
    _res.retrans = static_cast<int>(seconds) / _res.retry;
  }

  static absl::Status FailureOf(const std::string& host, int error) {
    switch (error) {
      case EAI_NONAME:
#ifdef EAI_NODATA
      case EAI_NODATA:
#endif
        return absl::NotFoundError(fmt::format("there is no host {}", host));
      default:
        return absl::UnavailableError(
            fmt::format("{} could not be looked up: {}", host, gai_strerror(error)));
    }
  }
};

}  // namespace

std::shared_ptr<NameLookup> SystemNameLookup() {
  return std::make_shared<SystemLookup>();
}

LookupPool::LookupPool(std::shared_ptr<NameLookup> lookup, const LookupLimits& limits,
                       Answered answered)
    : lookup_(std::move(lookup)), limits_(limits), answered_(std::move(answered)) {
  const std::size_t threads = std::max<std::size_t>(1, limits_.max_threads);
  LaneOf(LookupLane::kKnown).most = threads;
  LaneOf(LookupLane::kNew).most = std::max<std::size_t>(1, threads * 3 / 4);
  LaneOf(LookupLane::kSilent).most = std::max<std::size_t>(1, threads / 4);
}

LookupPool::~LookupPool() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void LookupPool::Start(std::string key, const std::string& host, LookupLane lane) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  std::vector<std::string>& keys = keys_[host];
  keys.push_back(std::move(key));
  if (keys.size() == 1) Enqueue(host, lane);
}

void LookupPool::Enqueue(const std::string& host, LookupLane lane) {
  if (stopping_) return;  // nobody would join another thread
  LaneOf(lane).hosts.push_back(host);
  std::size_t ready = 0;
  for (const Lane& each : lanes_) {
    ready += std::min(each.hosts.size(), each.most - each.running);
  }
  if (ready > idle_ && threads_.size() < LaneOf(LookupLane::kKnown).most) {
    threads_.emplace_back([this] { Run(); });
  }
  changed_.notify_one();
}

// The known first: whoever asks for one has been served before.
std::optional<LookupLane> LookupPool::NextLane() const {
  for (std::size_t i = 0; i < kLanes; ++i) {
    if (!lanes_[i].hosts.empty() && lanes_[i].running < lanes_[i].most) {
      return static_cast<LookupLane>(i);
    }
  }
  return std::nullopt;
}

void LookupPool::Run() {
  sigset_t all;  // signals are the main thread's
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    std::optional<LookupLane> lane;
    changed_.wait(lock, [&] { return stopping_ || (lane = NextLane()).has_value(); });
    --idle_;
    if (stopping_) return;
    RunOne(*lane, &lock);
  }
}

void LookupPool::RunOne(LookupLane lane, std::unique_lock<std::mutex>* lock) {
  const std::string host = std::move(LaneOf(lane).hosts.front());
  LaneOf(lane).hosts.pop_front();
  ++LaneOf(lane).running;
  lock->unlock();
  const Addresses addresses = lookup_->Lookup(
      host, lane == LookupLane::kNew ? limits_.first_patience : limits_.patience);
  lock->lock();
  --LaneOf(lane).running;
  if (lane == LookupLane::kNew && absl::IsUnavailable(addresses.status())) {
    Enqueue(host, LookupLane::kSilent);
    return;
  }
  std::vector<std::string> keys = std::move(keys_.extract(host).mapped());
  lock->unlock();
  for (std::string& key : keys) answered_(std::move(key), addresses);
  lock->lock();
}

}  // namespace windrow::http
