// Gives requests the access tokens that they need.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/http/client_credentials.h"
#include "common/http/sender.h"

namespace windrow::http {

// Passes requests on to another sender. One with Request::oauth gets
// `Authorization: Bearer …` first: of a token that is kept, for its owner alone, until
// shortly before it expires, or of a new one. One token is fetched at a time for the same
// credentials; requests that come meanwhile wait for it.
//
// Where the endpoint answers 401 the token is fetched anew and the request sent once
// more. Fetching, waiting and the second request count against the request's timeout; a
// fetch takes at most kTokenTimeout. Where there is no token, or Request::may_start does
// not let the request start when there is, Response::error is kToken, with why. Tokens
// and secrets are in no response and no log.
//
// Thread-safe, as HttpSender.
class OAuthSender final : public HttpSender {
 public:
  static constexpr absl::Duration kTokenTimeout = absl::Seconds(10);

  // `clock` must outlive the sender.
  OAuthSender(std::unique_ptr<HttpSender> inner, const Clock* clock);
  // Ends what is in flight, as the inner sender does.
  ~OAuthSender() override;

  void Send(Request request, Done done) override;
  std::size_t in_flight() const override;

 private:
  // A request on its way.
  struct Flight;
  // A token, or the fetch of one.
  struct Grant;
  using FlightPtr = std::shared_ptr<Flight>;

  void GetToken(const FlightPtr& flight);
  void Fetch(const FlightPtr& flight);
  void TakeToken(const std::shared_ptr<const ClientCredentials>& credentials,
                 const Response& answer);
  void SendWith(const FlightPtr& flight, const std::string& token);
  void TakeAnswer(const FlightPtr& flight, Response response);
  bool SendAgain(const FlightPtr& flight, const Response& response);
  void Fail(const FlightPtr& flight, ErrorKind kind, std::string detail);
  void Finish(const FlightPtr& flight, Response response);
  absl::Duration LeftOf(const Flight& flight) const;
  void ForgetIdle(absl::Time now);

  const Clock& clock_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Grant>> grants_;  // by KeyOf
  std::size_t waiting_ = 0;                                          // for tokens
  absl::Time next_forget_ = absl::InfinitePast();
  // Destroyed first: what it ends comes back here, and may be sent on once more.
  HttpSender* const sender_;
  std::unique_ptr<HttpSender> inner_;
};

}  // namespace windrow::http
