// A webhook profile: where to send, what, when and how (product.md, section 1).
//
// Plain values. A WebhookSpec that Validate accepts keeps every rule; the URL's own rules
// are checked by http::ParseWebhookUrl before a spec is made.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/base/uuid.h"
#include "common/domain/condition.h"
#include "common/domain/custom_payload.h"
#include "common/domain/ordering.h"
#include "common/domain/rate.h"
#include "common/domain/retry.h"
#include "common/domain/signature_scheme.h"
#include "common/domain/webhook_type.h"

namespace windrow::domain {

enum class PayloadKind : std::uint8_t {
  kSmall = 1,
  kFull = 2,
  kEventOnly = 3,
  kCustom = 4
};

// GET sends no body.
enum class Method : std::uint8_t { kPost = 1, kGet = 2, kPut = 3, kPatch = 4 };
std::string_view NameOf(Method method);

enum class BatchMode : std::uint8_t {
  kNone = 0,           // one delivery per item
  kSameEvent = 1,      // items of one trigger
  kSameEventType = 2,  // items of one event type
  kAny = 3,            // all items of the webhook
};

struct Batching {
  BatchMode mode = BatchMode::kNone;
  absl::Duration wait = absl::Seconds(5);  // 1–3,600 s, from the first item
  int max_items = 100;                     // 1–1,000

  bool operator==(const Batching&) const = default;
};

// One event subscription. `notification_id` is unique per tenant and given by the store
// when the trigger is first saved (0 until then).
struct Trigger {
  std::int32_t notification_id = 0;
  std::string event_type;
  bool enabled = true;
  ConditionSpec condition;  // which events of the type; all of nothing: every one

  bool operator==(const Trigger&) const = default;
};

struct BasicAuth {
  std::string user;
  std::string password;  // secret: never returned, never logged

  bool operator==(const BasicAuth&) const = default;
};

// OAuth 2.0 client credentials (RFC 6749, 4.4). The client's secret is a secret.
struct OAuth2Spec {
  std::string token_url;  // http::WebhookUrl::text
  std::string client_id;
  std::string scope;            // empty: not sent
  std::string audience;         // likewise
  bool secret_in_body = false;  // else in an Authorization header

  bool operator==(const OAuth2Spec&) const = default;
};

// What the sender proves itself with in TLS. The certificate and its key are secrets.
struct ClientCertificateSpec {
  std::string subject;
  absl::Time expires_at;  // whole seconds

  bool operator==(const ClientCertificateSpec&) const = default;
};

struct Header {
  std::string name;
  std::string value;

  bool operator==(const Header&) const = default;
};

// An event that came back from a webhook so many times goes to it no more.
inline constexpr int kDefaultMaxHops = 8;
inline constexpr int kMostMaxHops = 1'000;

// When a webhook is disabled by itself.
struct AutoDisable {
  absl::Duration after = absl::Hours(120);  // without a success, 1 h – 30 d; 0: never
  int consecutive_failures = 0;             // up to 1,000,000 requests; 0: never

  bool operator==(const AutoDisable&) const = default;
};

// What a user writes and may change. Secrets live in WebhookSecrets.
struct WebhookSpec {
  std::string name;  // trimmed
  std::string description;
  std::string url;              // http::WebhookUrl::text
  std::string basic_auth_user;  // with has_basic_auth; the password is a secret
  bool has_basic_auth = false;
  bool has_bearer_token = false;  // the token is a secret
  std::string api_key_header;     // a header whose value is a secret; empty: none
  std::optional<OAuth2Spec> oauth2;
  std::optional<ClientCertificateSpec> client_certificate;
  std::vector<Header> headers;
  bool lightweight_logs = false;
  WebhookType type = WebhookType::kStandard;
  std::string message_template;  // other types; empty: the default (message.h)
  Method method = Method::kPost;
  PayloadKind payload = PayloadKind::kFull;  // kFull where the type is not kStandard
  CustomPayloadSpec custom_payload;          // kCustom
  std::vector<Trigger> triggers;
  Batching batching;
  RetryPolicy retry;
  RateLimit rate;
  Ordering ordering = Ordering::kNone;
  // Each at most once; never empty.
  std::vector<SignatureScheme> signature_schemes = {SignatureScheme::kHmacSha256};
  AutoDisable auto_disable;
  int max_hops = kDefaultMaxHops;              // 1–kMostMaxHops
  absl::Duration timeout = absl::Seconds(30);  // of one request, 1–60 s
  bool enabled = true;
  std::map<std::string, std::string> labels;

  bool operator==(const WebhookSpec&) const = default;
};

// The secret or key of a scheme that was taken out stays, and signs again when the scheme
// comes back.
struct WebhookSecrets {
  std::string signing_secret;  // "whsec_…", of HMAC-SHA256; empty: never had one
  std::string basic_auth_password;
  std::string bearer_token;
  std::string api_key;
  std::string previous_signing_secret;  // signs too, until then; empty: none
  absl::Time previous_valid_until = absl::InfinitePast();  // whole milliseconds
  std::string signing_key;  // "whsk_…" of 64 bytes, of Ed25519; empty: never had one
  std::string previous_signing_key;  // as the secret
  absl::Time previous_key_valid_until = absl::InfinitePast();
  std::string oauth2_client_secret;
  std::string certificate_chain;  // PEM, the client's own first
  std::string private_key;        // PEM

  bool operator==(const WebhookSecrets&) const = default;
};

// Limits, named in the API's comments as well.
inline constexpr std::size_t kMaxBasicAuthUserBytes = 256;
inline constexpr std::size_t kMaxBasicAuthPasswordBytes = 1'024;
inline constexpr std::size_t kMaxNameCharacters = 128;
inline constexpr std::size_t kMaxDescriptionCharacters = 4'096;
inline constexpr std::size_t kMaxTriggers = 100;
// `matches` tests of all triggers: each may keep kMaxPatternMemory.
inline constexpr std::size_t kMaxWebhookPatterns = 100;
inline constexpr std::size_t kMaxHeaders = 50;
inline constexpr std::size_t kMaxTokenBytes = 8'192;  // and API keys and client secrets
inline constexpr std::size_t kMaxClientIdBytes = 1'024;
inline constexpr std::size_t kMaxScopeBytes = 2'048;  // and audiences
inline constexpr std::size_t kMaxHeaderNameBytes = 128;
inline constexpr std::size_t kMaxHeaderValueBytes = 4'096;
inline constexpr std::size_t kMaxLabels = 64;
inline constexpr std::size_t kMaxLabelBytes = 256;
inline constexpr std::size_t kMaxEventTypeCharacters = 128;
inline constexpr std::size_t kMaxBodyBytes = 1 << 20;  // where a batch window closes
inline constexpr std::size_t kMaxRetries = 20;
inline constexpr absl::Duration kMaxRetryDelay = absl::Hours(24);
inline constexpr absl::Duration kMinBatchWait = absl::Seconds(1);
inline constexpr absl::Duration kMaxBatchWait = absl::Seconds(3'600);
inline constexpr int kMaxBatchItems = 1'000;
inline constexpr absl::Duration kMaxSecretOverlap = absl::Hours(7 * 24);
inline constexpr absl::Duration kMinDisableAfter = absl::Hours(1);
inline constexpr absl::Duration kMaxDisableAfter = absl::Hours(30 * 24);
inline constexpr int kMaxConsecutiveFailures = 1'000'000;
inline constexpr absl::Duration kMinTimeout = absl::Seconds(1);
inline constexpr absl::Duration kMaxTimeout = absl::Seconds(60);

// Trims the name, folds nothing else. Call before Validate.
void Normalize(WebhookSpec* spec);

// Adds a violation for every broken rule, with paths under `prefix` ("webhook"). Field
// names are the API's: name, description, basic_auth.user, headers[i].name,
// triggers[i].event_type, batching.mode, batching.wait, batching.max_items, timeout,
// retry.delays[i], labels, … Durations are whole milliseconds, as they are stored. An
// empty signing secret or key is one still to be made. `kinds` is what the catalogue
// knows of the fields of the triggers' event types; empty: nothing.
void Validate(const WebhookSpec& spec, const WebhookSecrets& secrets,
              const std::string& prefix, Violations* violations,
              const FieldKinds& kinds = {});

// True where requests of the webhook may have to wait for others of it: claims pass its
// gate then, one at a time (docs/adr/0010).
bool IsGated(const WebhookSpec& spec);

// True where `after` renders or groups items otherwise than `before`, so that windows
// still open must close at once with what they have.
bool ClosesOpenWindows(const WebhookSpec& before, const WebhookSpec& after);

// JSON for storage, and back; durations are milliseconds. Fields that are absent have
// their defaults. Fields that are not known are refused with DATA_LOSS, so a
// spec of a newer release is never sent half understood.
std::string SpecToJson(const WebhookSpec& spec);
absl::StatusOr<WebhookSpec> SpecFromJson(std::string json);
std::string SecretsToJson(const WebhookSecrets& secrets);
absl::StatusOr<WebhookSecrets> SecretsFromJson(std::string json);

}  // namespace windrow::domain
