// One libcurl handle, and what becomes of the request that it carries.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/response_head.h"
#include "common/http/sender.h"
#include "common/http/socket_poller.h"
#include "common/http/trusted_roots.h"

namespace windrow::http {

struct Origin;
class Exchange;
using SteadyTime = std::chrono::steady_clock::time_point;

// A request that waits for its turn.
struct PendingRequest {
  Request request;
  HttpSender::Done done;
  absl::Time started_at;
  SteadyTime started;
  absl::Duration name_lookup;
  bool over_limit = false;
};

// What all exchanges of a sender share.
struct ExchangeContext {
  const SenderOptions& options;
  const TrustedRoots& roots;
  SocketPoller& poller;
  // Exchanges with a complete header whose body is still being read, oldest first.
  std::list<Exchange*> reading_bodies;
};

// Pooled: Prepare and Finish alternate. Options that never change are set once; those
// that change are set only where they differ from the last request's.
class Exchange {
 public:
  explicit Exchange(ExchangeContext* context);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  CURL* handle() const { return easy_.get(); }
  Origin* origin() const { return origin_; }
  Origin* TakeOrigin() { return std::exchange(origin_, nullptr); }

  // `resolve`: what libcurl is to learn about names before it starts; usually empty.
  // `forgets`: at its end libcurl drops addresses in URLs that it has not seen for long.
  void Prepare(PendingRequest pending, Origin* origin, SteadyTime now,
               std::vector<std::string> resolve, bool forgets);
  // True where libcurl would have sent the request a third time, on yet another
  // connection that the endpoint may close unread. Prepares the handle for a connection
  // of its own; add it again.
  bool TakeResend(CURLcode code, SteadyTime now);
  // The outcome, given libcurl's verdict. The request is released.
  Response Finish(CURLcode code, SteadyTime now);
  // The outcome where the body was cut short by us: after the header, a success.
  Response FinishEarly(SteadyTime now) { return Finish(CURLE_OK, now); }
  // The outcome where the sender ends.
  Response Abandon(SteadyTime now);

  HttpSender::Done TakeDone() { return std::move(pending_.done); }
  SteadyTime header_at() const { return header_at_; }

 private:
  struct CurlDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  void SetConstantOptions();
  void SetMethod(const std::string& method);
  void BuildHeaders();
  void SetTimeout(SteadyTime now);
  void SetClientCertificate();
  void LinkHeader(std::size_t index, char* line);
  void ReadTimings(SteadyTime now, Response* response) const;
  void ReadRemoteAddress(Response* response) const;
  void Fail(ErrorKind kind, std::string detail);

  bool OnHeaderLine(std::string_view line);
  bool OnHeaderEnd();
  std::size_t OnBody(std::string_view bytes);
  curl_socket_t OnOpenSocket(const curl_sockaddr& address);
  bool OnBeforeSend(const char* ip, int port);

  static std::size_t HeaderCallback(char* data, std::size_t size, std::size_t count,
                                    void* self);
  static std::size_t BodyCallback(char* data, std::size_t size, std::size_t count,
                                  void* self);
  static curl_socket_t OpenSocketCallback(void* self, curlsocktype purpose,
                                          curl_sockaddr* address);
  static int CloseSocketCallback(void* poller, curl_socket_t socket);
  static int BeforeSendCallback(void* self, char* remote_ip, char* local_ip,
                                int remote_port, int local_port);
  static CURLcode TlsCallback(CURL* easy, void* tls, void* self);

  ExchangeContext* const context_;
  std::unique_ptr<CURL, CurlDeleter> easy_;

  // As last set on the handle.
  std::string method_;
  long timeout_ms_ = -1;
  std::shared_ptr<const ClientCertificate> client_certificate_;
  bool fresh_connection_ = false;
  bool forgets_ = false;

  // Of the request that is out.
  PendingRequest pending_;
  Origin* origin_ = nullptr;
  Response response_;
  SteadyTime curl_started_;
  SteadyTime header_at_;
  std::string auth_header_;
  std::vector<std::string> rewritten_headers_;
  std::vector<curl_slist> header_nodes_;  // libcurl's list, without its allocations
  std::unique_ptr<curl_slist, CurlDeleter> resolve_;
  ResponseHead head_;
  bool header_complete_ = false;
  bool header_late_ = false;
  bool too_large_ = false;
  bool body_cut_ = false;
  int sends_ = 0;
  bool opened_since_send_ = false;
  bool resend_wanted_ = false;
  int sockets_opened_ = 0;
  int socket_error_ = 0;
  std::string refused_;
  char error_text_[CURL_ERROR_SIZE] = {};

  // Its own place in reading_bodies, moved there and back without an allocation.
  std::list<Exchange*> link_;
  std::list<Exchange*>::iterator place_;
  bool linked_ = false;
  void Unlink();
};

}  // namespace windrow::http
