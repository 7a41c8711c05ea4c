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
  absl::StatusOr<std::vector<IpAddress>> Lookup(const std::string& host) override {
    LimitResolverTime();
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
  // times search domains, would hold a thread for a minute.
  static void LimitResolverTime() {
    if ((_res.options & RES_INIT) == 0) res_init();
    _res.retrans = 2;
    _res.retry = 2;
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

LookupPool::LookupPool(std::shared_ptr<NameLookup> lookup, std::size_t max_threads,
                       Answered answered)
    : lookup_(std::move(lookup)),
      max_threads_(std::max<std::size_t>(1, max_threads)),
      answered_(std::move(answered)) {}

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

void LookupPool::Start(std::string key, std::string host) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back({std::move(key), std::move(host)});
    if (jobs_.size() > idle_ && threads_.size() < max_threads_) {
      threads_.emplace_back([this] { Run(); });
    }
  }
  changed_.notify_one();
}

void LookupPool::Run() {
  sigset_t all;  // signals are the main thread's
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (stopping_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    Addresses addresses = lookup_->Lookup(job.host);
    answered_(std::move(job.key), std::move(addresses));
    lock.lock();
  }
}

}  // namespace windrow::http
