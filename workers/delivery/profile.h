// A webhook's profile, prepared for sending.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/crypto/request_signer.h"
#include "common/domain/payload.h"
#include "common/domain/url_template.h"
#include "common/http/sender.h"
#include "common/store/types.h"

namespace windrow::delivery {

// What the body of a window depends on: of the version that the window froze.
struct Contents {
  domain::ItemFormat format = domain::PayloadKind::kFull;
  domain::BatchMode mode = domain::BatchMode::kNone;

  // FAILED_PRECONDITION where a custom payload or a message template does not compile.
  static absl::StatusOr<Contents> Of(const domain::WebhookSpec& spec);
};

// All else: of the newest version. Immutable.
struct Profile {
  Uuid webhook_id;
  std::int32_t version = 0;
  Contents contents;
  http::Request prototype;    // without body and webhook-… headers
  domain::UrlTemplate url;    // what prototype.url holds of event fields
  std::string shown_headers;  // of the prototype, secrets masked: "name: value\r\n"
  crypto::RequestSigner signer;
  domain::RetryPolicy retry;
  bool lightweight_logs = false;
  int max_hops = domain::kDefaultMaxHops;
  bool has_rate = false;  // requests start as they are claimed

  absl::Duration timeout() const { return prototype.timeout; }
  bool sends_body() const { return prototype.method != "GET"; }
  // True where a request that was started may still wait for an access token.
  bool gets_token() const { return prototype.oauth != nullptr; }
  // True where a request that was prepared for `older` is one that this profile would
  // send too, but for headers and a URL without event fields: those are set when it
  // starts.
  bool CanTakeOver(const Profile& older) const;
};

// FAILED_PRECONDITION where a signing secret or key is not one, or the URL is http and
// that is not allowed.
absl::StatusOr<std::shared_ptr<const Profile>> MakeProfile(store::StoredWebhook webhook,
                                                           bool allow_http);

// The three headers of Standard Webhooks, as lines, and windrow-hops where it is not
// empty.
struct SignatureLines {
  std::string id, timestamp, signature, hops;
};
// `now` is the database's. `hops`: deliveries that led to this one, itself too; 1 is not
// said.
SignatureLines Sign(const Profile& profile, const Uuid& delivery_id, absl::Time now,
                    std::string_view body, int hops = 1);

// The request without its body.
http::Request BuildRequest(const Profile& profile, const SignatureLines& lines);
// Its headers as they go on record: values of custom headers and credentials are "***".
std::string ShownHeaders(const Profile& profile, const SignatureLines& lines);

}  // namespace windrow::delivery
