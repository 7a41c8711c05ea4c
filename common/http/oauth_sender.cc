#include "common/http/oauth_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace windrow::http {
namespace {

// A token is not used in the last of its life, so that it does not expire on its way.
constexpr absl::Duration kLastOfLife = absl::Seconds(30);
constexpr absl::Duration kKeptUnused = absl::Hours(1);
constexpr absl::Duration kForgetEvery = absl::Minutes(1);

// Fields of any bytes, each with its length before it.
std::string KeyOf(const ClientCredentials& credentials) {
  std::string key = credentials.secret_in_body ? "b" : "h";
  for (const std::string* field :
       {&credentials.owner, &credentials.token_url, &credentials.client_id,
        &credentials.client_secret, &credentials.scope, &credentials.audience}) {
    key += fmt::format("{}:", field->size());
    key += *field;
  }
  return key;
}

absl::Time UseUntil(const AccessToken& token, absl::Time now) {
  return now + token.lasts - std::min(kLastOfLife, token.lasts / 5);
}

}  // namespace

struct OAuthSender::Flight {
  Request request;
  Done done;
  absl::Time started;
  absl::Time sent;  // the request, with a token
  std::string token;
  bool again = false;  // it was answered with 401 before
};

struct OAuthSender::Grant {
  std::string token;  // empty: none
  absl::Time use_until;
  absl::Time last_used;
  bool fetching = false;
  std::vector<FlightPtr> waiting;
};

OAuthSender::OAuthSender(std::unique_ptr<HttpSender> inner, const Clock* clock)
    : clock_(*clock), sender_(inner.get()), inner_(std::move(inner)) {}

OAuthSender::~OAuthSender() = default;

void OAuthSender::Send(Request request, Done done) {
  if (request.oauth == nullptr) {
    sender_->Send(std::move(request), std::move(done));
    return;
  }
  GetToken(std::make_shared<Flight>(Flight{
      .request = std::move(request), .done = std::move(done), .started = clock_.Now()}));
}

std::size_t OAuthSender::in_flight() const {
  const std::lock_guard lock(mutex_);
  return waiting_ + sender_->in_flight();
}

void OAuthSender::GetToken(const FlightPtr& flight) {
  std::string token;
  {
    const std::lock_guard lock(mutex_);
    const absl::Time now = clock_.Now();
    if (now >= next_forget_) ForgetIdle(now);
    std::unique_ptr<Grant>& grant = grants_[KeyOf(*flight->request.oauth)];
    if (grant == nullptr) grant = std::make_unique<Grant>();
    grant->last_used = now;
    if (!grant->token.empty() && now < grant->use_until) {
      token = grant->token;
    } else {
      grant->waiting.push_back(flight);
      ++waiting_;
      if (std::exchange(grant->fetching, true)) return;
    }
  }
  if (token.empty()) {
    Fetch(flight);
  } else {
    SendWith(flight, token);
  }
}

void OAuthSender::Fetch(const FlightPtr& flight) {
  const std::shared_ptr<const ClientCredentials> credentials = flight->request.oauth;
  sender_->Send(TokenRequest(*credentials, std::min(kTokenTimeout, LeftOf(*flight))),
                [this, credentials](Response answer) { TakeToken(credentials, answer); });
}

void OAuthSender::TakeToken(const std::shared_ptr<const ClientCredentials>& credentials,
                            const Response& answer) {
  const absl::StatusOr<AccessToken> token = ReadToken(answer);
  std::vector<FlightPtr> waiting;
  {
    const std::lock_guard lock(mutex_);
    Grant& grant = *grants_.at(KeyOf(*credentials));
    grant.fetching = false;
    waiting = std::exchange(grant.waiting, {});
    waiting_ -= waiting.size();
    grant.token = token.ok() ? token->value : "";
    if (token.ok()) grant.use_until = UseUntil(*token, clock_.Now());
  }
  for (const FlightPtr& flight : waiting) {
    if (token.ok()) {
      SendWith(flight, token->value);
    } else {
      Fail(flight, ErrorKind::kToken, std::string(token.status().message()));
    }
  }
}

void OAuthSender::SendWith(const FlightPtr& flight, const std::string& token) {
  const absl::Duration left = LeftOf(*flight);
  if (left <= absl::ZeroDuration()) {
    Fail(flight, ErrorKind::kTimeout, "the time was over when the access token came");
    return;
  }
  if (flight->request.may_start && !flight->request.may_start()) {
    Fail(flight, ErrorKind::kToken,
         "nothing was sent: the webhook was disabled or deleted when the access token "
         "came");
    return;
  }
  flight->token = token;
  flight->sent = clock_.Now();
  // The first time it is kept, to be sent again.
  Request request = flight->again ? std::move(flight->request) : flight->request;
  request.oauth = nullptr;
  request.may_start = nullptr;
  request.timeout = left;
  request.headers.push_back("authorization: Bearer " + token);
  sender_->Send(std::move(request), [this, flight](Response response) {
    TakeAnswer(flight, std::move(response));
  });
}

void OAuthSender::TakeAnswer(const FlightPtr& flight, Response response) {
  if (SendAgain(flight, response)) return;
  const absl::Duration before = flight->sent - flight->started;
  for (absl::Duration* step :
       {&response.name_lookup, &response.connect, &response.tls, &response.first_byte}) {
    if (*step > absl::ZeroDuration()) *step += before;
  }
  response.total += before;
  response.started_at -= before;
  Finish(flight, std::move(response));
}

// With another token, where the endpoint did not take this one.
bool OAuthSender::SendAgain(const FlightPtr& flight, const Response& response) {
  constexpr int kUnauthorized = 401;
  if (response.error != ErrorKind::kNone || response.status != kUnauthorized ||
      flight->again || LeftOf(*flight) <= absl::ZeroDuration()) {
    return false;
  }
  {
    const std::lock_guard lock(mutex_);
    const auto grant = grants_.find(KeyOf(*flight->request.oauth));
    const bool is_kept = grant != grants_.end() && grant->second->token == flight->token;
    if (is_kept) grant->second->token.clear();
  }
  flight->again = true;
  GetToken(flight);
  return true;
}

void OAuthSender::Fail(const FlightPtr& flight, ErrorKind kind, std::string detail) {
  Response response;
  response.error = kind;
  response.error_detail = std::move(detail);
  response.started_at = flight->started;
  response.total = clock_.Now() - flight->started;
  Finish(flight, std::move(response));
}

void OAuthSender::Finish(const FlightPtr& flight, Response response) {
  const Done done = std::move(flight->done);
  flight->request = {};
  if (done) done(std::move(response));
}

absl::Duration OAuthSender::LeftOf(const Flight& flight) const {
  return flight.request.timeout - (clock_.Now() - flight.started);
}

void OAuthSender::ForgetIdle(absl::Time now) {
  next_forget_ = now + kForgetEvery;
  absl::erase_if(grants_, [&](const auto& entry) {
    const Grant& grant = *entry.second;
    return !grant.fetching && now - grant.last_used > kKeptUnused;
  });
}

}  // namespace windrow::http
