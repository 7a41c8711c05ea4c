#include "common/http/curl_sender.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "common/base/log.h"

namespace windrow::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kForgetCheck{60};

// Of those that are ready, before new requests are looked for.
constexpr std::size_t kSocketsAtOnce = 16;

// A webhook's URL is shorter; event fields may have been put into this one.
constexpr std::size_t kMaxUrlBytes = 64 * 1024;

void InitCurlOnce() {
  static const bool done = [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) std::abort();
    return true;
  }();
  static_cast<void>(done);
}

// Signals are the main thread's. SIGPIPE above all: OpenSSL writes to sockets that the
// endpoint may have closed, and CURLOPT_NOSIGNAL leaves that to us.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

CurlSender::CurlSender(SenderOptions options)
    : options_(std::move(options)),
      multi_(curl_multi_init()),
      next_wait_check_(Clock::now()),
      next_forget_check_(Clock::now() + kForgetCheck),
      lookups_(options_.name_lookup ? options_.name_lookup : SystemNameLookup(),
               options_.lookups,
               [this](std::string key, LookupPool::Addresses addresses) {
                 Post([&](Mail* mail) {
                   mail->answers.push_back({std::move(key), std::move(addresses)});
                 });
               }) {
  if (!multi_) std::abort();
  if (!options_.ca_bundle.empty()) {
    const absl::Status added = roots_.Add(options_.ca_bundle);
    if (!added.ok()) {
      Log(LogLevel::kError, "ca_bundle_ignored",
          {{"error", std::string(added.message())}});
    }
  }
  CURLM* multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &CurlSender::SocketCallback);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &CurlSender::TimerCallback);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  // Connections per host are counted here, not by libcurl, whose requests in the queue
  // have no timeout.
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, options_.max_cached_connections);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  thread_ = std::thread([this] { Run(); });
}

CurlSender::~CurlSender() {
  Post([](Mail* mail) { mail->stop = true; });
  thread_.join();
}

template <typename Put>
void CurlSender::Post(Put put) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    put(&mail_);
    wake = std::exchange(asleep_, false);
  }
  if (wake) poller_.Wake();
}

void CurlSender::Send(Request request, Done done) {
  PendingRequest pending;
  pending.request = std::move(request);
  pending.done = std::move(done);
  pending.started_at = absl::Now();
  pending.started = Clock::now();
  if (in_flight_.fetch_add(1) >= options_.max_in_flight) {
    in_flight_.fetch_sub(1);
    pending.over_limit = true;
  }
  Post([&](Mail* mail) { mail->requests.push_back(std::move(pending)); });
}

void CurlSender::Run() {
  BlockSignals();
  while (!taken_.stop) {
    const bool busy = TakeMail();
    if (taken_.stop) break;
    StartQueued(Clock::now());
    if (handled_ == ready_.size()) {
      const bool more = busy || !queued_.empty();
      poller_.Wait(more ? 0 : SleepMs(Clock::now()), &ready_);
      handled_ = 0;
    }
    HandleSockets();
    const SteadyTime now = Clock::now();
    if (curl_timer_ && now >= *curl_timer_) RunCurlTimers();
    CollectFinished();
    CutLongBodies(now);
    if (waiting_ > 0 && now >= next_wait_check_) ExpireWaiting(now);
    if (now >= next_forget_check_) {
      origins_.ForgetIdle(now);
      forgets_ = true;
      next_forget_check_ = now + kForgetCheck;
    }
  }
  Shutdown();
}

bool CurlSender::TakeMail() {
  taken_.requests.clear();
  taken_.answers.clear();
  {
    const std::lock_guard lock(mutex_);
    if (mail_.empty()) {
      asleep_ = true;
      return false;
    }
    asleep_ = false;
    std::swap(taken_, mail_);
  }
  if (taken_.stop) return true;
  const SteadyTime now = Clock::now();
  for (LookupAnswer& answer : taken_.answers) TakeAnswer(std::move(answer), now);
  for (PendingRequest& pending : taken_.requests) Begin(std::move(pending), now);
  return true;
}

int CurlSender::SleepMs(SteadyTime now) const {
  SteadyTime until = next_forget_check_;
  if (curl_timer_) until = std::min(until, *curl_timer_);
  if (waiting_ > 0) until = std::min(until, next_wait_check_);
  if (!context_.reading_bodies.empty()) {
    until = std::min(until, context_.reading_bodies.front()->header_at() +
                                absl::ToChronoNanoseconds(options_.max_body_time));
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
  return static_cast<int>(std::clamp<long>(left, 0, 60'000));
}

void CurlSender::HandleSockets() {
  int running = 0;
  const std::size_t end = std::min(handled_ + kSocketsAtOnce, ready_.size());
  for (; handled_ < end; ++handled_) {
    const ReadySocket& ready = ready_[handled_];
    curl_multi_socket_action(multi_.get(), ready.socket, ready.curl_events, &running);
  }
}

void CurlSender::RunCurlTimers() {
  int running = 0;
  curl_timer_.reset();
  curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
}

void CurlSender::Begin(PendingRequest pending, SteadyTime now) {
  if (pending.over_limit) {
    Reject(std::move(pending), ErrorKind::kInternal,
           fmt::format("{} requests are in flight", options_.max_in_flight), now);
    return;
  }
  if (pending.request.url.size() > kMaxUrlBytes) {
    Reject(std::move(pending), ErrorKind::kInternal,
           fmt::format("a URL has at most {} bytes", kMaxUrlBytes), now);
    return;
  }
  absl::StatusOr<Origin*> found = origins_.For(pending.request.url);
  if (!found.ok()) {
    Reject(std::move(pending), ErrorKind::kInternal,
           std::string(found.status().message()), now);
    return;
  }
  Origin* origin = *found;
  origin->last_used = now;
  if (origin->NeedsLookup(now)) {
    origin->looking = true;
    lookups_.Start(origin->key, origin->url.host, origin->lane);
  }
  if (!origin->HasAddresses(now) && !origin->looking) {
    RejectUnreachable(std::move(pending), *origin, now);
    return;
  }
  origin->waiting.push_back(std::move(pending));
  ++waiting_;
  StartWaiting(origin, now);
}

void CurlSender::Start(PendingRequest pending, Origin* origin, SteadyTime now) {
  if (free_exchanges_.empty()) {
    exchanges_.push_back(std::make_unique<Exchange>(&context_));
    free_exchanges_.push_back(exchanges_.back().get());
  }
  Exchange* exchange = free_exchanges_.back();
  free_exchanges_.pop_back();
  ++origin->in_flight;
  std::vector<std::string> lessons = origins_.TakeLessons(origin);
  const bool teaches = !lessons.empty();
  exchange->Prepare(std::move(pending), origin, now, std::move(lessons),
                    std::exchange(forgets_, false));
  if (curl_multi_add_handle(multi_.get(), exchange->handle()) != CURLM_OK) std::abort();
  // Those that follow rely on what this one teaches, and libcurl starts them in no
  // certain order.
  if (teaches) RunCurlTimers();
}

void CurlSender::CollectFinished() {
  // All are read before any is removed: removing searches the messages that are left.
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Exchange* exchange = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
    finished_.emplace_back(exchange, message->data.result);
  }
  if (finished_.empty()) return;
  const SteadyTime now = Clock::now();
  for (const auto& [exchange, code] : finished_) {
    Origin* origin = exchange->origin();
    curl_multi_remove_handle(multi_.get(), exchange->handle());
    if (exchange->TakeResend(code, now)) {
      if (curl_multi_add_handle(multi_.get(), exchange->handle()) != CURLM_OK)
        std::abort();
      continue;
    }
    Complete(exchange, exchange->Finish(code, now));
    StartWaiting(origin, now);
  }
  finished_.clear();
}

void CurlSender::CutLongBodies(SteadyTime now) {
  const auto limit = absl::ToChronoNanoseconds(options_.max_body_time);
  while (!context_.reading_bodies.empty()) {
    Exchange* exchange = context_.reading_bodies.front();
    if (now < exchange->header_at() + limit) return;
    Origin* origin = exchange->origin();
    curl_multi_remove_handle(multi_.get(), exchange->handle());
    Complete(exchange, exchange->FinishEarly(now));
    StartWaiting(origin, now);
  }
}

void CurlSender::Complete(Exchange* exchange, Response response) {
  const Done done = exchange->TakeDone();
  Origin* origin = exchange->TakeOrigin();
  --origin->in_flight;
  origin->answers = response.error == ErrorKind::kNone;
  free_exchanges_.push_back(exchange);
  in_flight_.fetch_sub(1);
  Deliver(done, std::move(response));
}

void CurlSender::Reject(PendingRequest pending, ErrorKind kind, std::string detail,
                        SteadyTime now) {
  Response response;
  response.error = kind;
  response.error_detail = std::move(detail);
  response.started_at = pending.started_at;
  response.total = absl::FromChrono(now - pending.started);
  if (!pending.over_limit) in_flight_.fetch_sub(1);
  Deliver(pending.done, std::move(response));
}

void CurlSender::Deliver(const Done& done, Response response) {
  if (done) done(std::move(response));
}

void CurlSender::Shutdown() {
  const SteadyTime now = Clock::now();
  std::sort(free_exchanges_.begin(), free_exchanges_.end());
  for (const auto& exchange : exchanges_) {
    const bool free = std::binary_search(free_exchanges_.begin(), free_exchanges_.end(),
                                         exchange.get());
    if (!free) running_.push_back(exchange.get());
  }
  for (Exchange* exchange : running_) {
    curl_multi_remove_handle(multi_.get(), exchange->handle());
    Complete(exchange, exchange->Abandon(now));
  }
  origins_.ForEach([&](Origin& origin) {
    for (PendingRequest& pending : std::exchange(origin.waiting, {})) {
      Reject(std::move(pending), ErrorKind::kInternal, "shutting down", now);
    }
  });
  // What `done` sends now is answered as well.
  while (!taken_.requests.empty()) {
    for (PendingRequest& pending : std::exchange(taken_.requests, {})) {
      Reject(std::move(pending), ErrorKind::kInternal, "shutting down", now);
    }
    const std::lock_guard lock(mutex_);
    std::swap(taken_.requests, mail_.requests);
  }
}

int CurlSender::SocketCallback(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                               void* /*per_socket*/) {
  static_cast<CurlSender*>(self)->poller_.SetInterest(socket, what);
  return 0;
}

int CurlSender::TimerCallback(CURLM* /*multi*/, long timeout_ms, void* self) {
  auto& timer = static_cast<CurlSender*>(self)->curl_timer_;
  if (timeout_ms < 0) {
    timer.reset();
  } else {
    timer = Clock::now() + std::chrono::milliseconds(timeout_ms);
  }
  return 0;
}

std::unique_ptr<HttpSender> MakeCurlSender(SenderOptions options) {
  InitCurlOnce();
  return std::make_unique<CurlSender>(std::move(options));
}

}  // namespace windrow::http
