// The HttpSender over libcurl: one thread, one epoll loop, many requests.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/http/exchange.h"
#include "common/http/name_lookup.h"
#include "common/http/origin.h"
#include "common/http/sender.h"
#include "common/http/socket_poller.h"
#include "common/http/trusted_roots.h"

namespace windrow::http {

struct LookupAnswer {
  std::string key;
  LookupPool::Addresses addresses;
};

// What other threads hand to the sender's.
struct Mail {
  std::vector<PendingRequest> requests;
  std::vector<LookupAnswer> answers;
  bool stop = false;

  bool empty() const { return requests.empty() && answers.empty() && !stop; }
};

class CurlSender final : public HttpSender {
 public:
  explicit CurlSender(SenderOptions options);
  ~CurlSender() override;

  void Send(Request request, Done done) override;
  std::size_t in_flight() const override { return in_flight_.load(); }

 private:
  struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  template <typename Put>
  void Post(Put put);

  // Everything below runs on the sender's thread.
  void Run();
  // False where nothing came and the thread may sleep.
  bool TakeMail();
  int SleepMs(SteadyTime now) const;
  void HandleSockets();
  void RunCurlTimers();
  void Begin(PendingRequest pending, SteadyTime now);
  bool MayStart(const Origin& origin, SteadyTime now) const;
  void StartWaiting(Origin* origin, SteadyTime now);
  void StartFirst(Origin* origin, SteadyTime now);
  void StartQueued(SteadyTime now);
  void Start(PendingRequest pending, Origin* origin, SteadyTime now);
  void TakeAnswer(LookupAnswer answer, SteadyTime now);
  void CollectFinished();
  void CutLongBodies(SteadyTime now);
  void ExpireWaiting(SteadyTime now);
  void ExpireWaiting(Origin* origin, SteadyTime now);
  std::string WhyItWaited(const Origin& origin) const;
  void Complete(Exchange* exchange, Response response);
  void Reject(PendingRequest pending, ErrorKind kind, std::string detail, SteadyTime now);
  void RejectUnreachable(PendingRequest pending, const Origin& origin, SteadyTime now);
  void Deliver(const Done& done, Response response);
  void Shutdown();

  static int SocketCallback(CURL* easy, curl_socket_t socket, int what, void* self,
                            void* per_socket);
  static int TimerCallback(CURLM* multi, long timeout_ms, void* self);

  const SenderOptions options_;
  TrustedRoots roots_;
  SocketPoller poller_;
  ExchangeContext context_{options_, roots_, poller_, {}};
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::optional<SteadyTime> curl_timer_;
  std::vector<ReadySocket> ready_;
  std::size_t handled_ = 0;     // of ready_
  std::deque<Origin*> queued_;  // with requests that wait, and maybe nobody there
  OriginTable origins_{&options_.address_rules};
  std::size_t waiting_ = 0;
  SteadyTime next_wait_check_;
  SteadyTime next_forget_check_;
  bool forgets_ = false;  // the next request that starts

  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<Exchange*> free_exchanges_;
  std::vector<Exchange*> running_;  // only while shutting down
  std::vector<std::pair<Exchange*, CURLcode>> finished_;
  Mail taken_;

  std::atomic<std::size_t> in_flight_{0};
  std::mutex mutex_;
  Mail mail_;
  bool asleep_ = false;
  LookupPool lookups_;
  std::thread thread_;
};

}  // namespace windrow::http
