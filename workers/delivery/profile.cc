#include "workers/delivery/profile.h"

#include <absl/strings/match.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/base/version.h"
#include "common/domain/auth_rules.h"
#include "common/domain/signing_rules.h"

namespace windrow::delivery {
namespace {

constexpr std::string_view kMasked = "***";

void AddHeader(std::string_view name, std::string_view value, std::string_view shown,
               Profile* profile) {
  profile->prototype.headers.push_back(fmt::format("{}: {}", name, value));
  profile->shown_headers += fmt::format("{}: {}\r\n", name, shown);
}

bool NamesUserAgent(const domain::Header& header) {
  return absl::EqualsIgnoreCase(header.name, "user-agent");
}

void AddHeaders(const domain::WebhookSpec& spec, Profile* profile) {
  if (profile->sends_body()) {
    AddHeader("content-type", "application/json", "application/json", profile);
  }
  if (std::ranges::none_of(spec.headers, NamesUserAgent)) {
    const std::string agent = fmt::format("Windrow/{}", kVersion);
    AddHeader("user-agent", agent, agent, profile);
  }
  for (const domain::Header& header : spec.headers) {
    AddHeader(header.name, header.value, kMasked, profile);
  }
  if (domain::WritesAuthorization(spec)) {
    profile->shown_headers += fmt::format("authorization: {}\r\n", kMasked);
  }
}

absl::Status CheckScheme(std::string_view what, const std::string& url) {
  if (absl::StartsWithIgnoreCase(url, "https:")) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("the webhook's {} is not https, and this worker does not send to "
                  "others: change it, or set allow_http",
                  what));
}

// What the sender itself makes of credentials: tokens and TLS certificates.
void AddClientProofs(store::StoredWebhook* webhook, Profile* profile) {
  if (webhook->spec.oauth2) {
    domain::OAuth2Spec& oauth2 = *webhook->spec.oauth2;
    profile->prototype.oauth =
        std::make_shared<const http::ClientCredentials>(http::ClientCredentials{
            .owner = webhook->webhook_id.ToString(),
            .token_url = std::move(oauth2.token_url),
            .client_id = std::move(oauth2.client_id),
            .client_secret = std::move(webhook->secrets.oauth2_client_secret),
            .scope = std::move(oauth2.scope),
            .audience = std::move(oauth2.audience),
            .secret_in_body = oauth2.secret_in_body});
  }
  if (webhook->spec.client_certificate) {
    profile->prototype.client_certificate =
        std::make_shared<const http::ClientCertificate>(http::ClientCertificate{
            .chain = std::move(webhook->secrets.certificate_chain),
            .key = std::move(webhook->secrets.private_key)});
  }
}

}  // namespace

absl::StatusOr<Contents> Contents::Of(const domain::WebhookSpec& spec) {
  auto format = domain::ItemFormat::Of(spec);
  if (!format.ok()) {
    return absl::FailedPreconditionError(
        "the webhook's custom payload or message template cannot be used: save it again");
  }
  return Contents{*std::move(format), spec.batching.mode};
}

bool Profile::CanTakeOver(const Profile& older) const {
  const bool same_url = prototype.url == older.prototype.url;
  const bool plain = !url.has_placeholders() && !older.url.has_placeholders();
  return (same_url || plain) && sends_body() == older.sends_body();
}

absl::StatusOr<std::shared_ptr<const Profile>> MakeProfile(store::StoredWebhook webhook,
                                                           bool allow_http) {
  if (!allow_http) {
    WINDROW_RETURN_IF_ERROR(CheckScheme("URL", webhook.spec.url));
    if (webhook.spec.oauth2) {
      WINDROW_RETURN_IF_ERROR(CheckScheme("token URL", webhook.spec.oauth2->token_url));
    }
  }
  absl::StatusOr<crypto::RequestSigner> signer =
      crypto::RequestSigner::Of(domain::KeysInForce(webhook.spec, webhook.secrets));
  if (!signer.ok()) {
    return absl::FailedPreconditionError(
        "the webhook's signing secret or key cannot be used: rotate it");
  }
  WINDROW_ASSIGN_OR_RETURN(Contents contents, Contents::Of(webhook.spec));
  absl::StatusOr<domain::UrlTemplate> url =
      domain::UrlTemplate::Compile(webhook.spec.url);
  if (!url.ok()) {
    return absl::FailedPreconditionError(
        "the webhook's URL cannot be used: save it again");
  }
  auto profile = std::make_shared<Profile>(
      Profile{.webhook_id = webhook.webhook_id,
              .version = webhook.version,
              .contents = std::move(contents),
              .prototype = {.method = std::string(domain::NameOf(webhook.spec.method)),
                            .url = std::move(webhook.spec.url),
                            .has_auth = webhook.spec.has_basic_auth,
                            .timeout = webhook.spec.timeout},
              .url = *std::move(url),
              .signer = *std::move(signer),
              .retry = std::move(webhook.spec.retry),
              .lightweight_logs = webhook.spec.lightweight_logs,
              .max_hops = webhook.spec.max_hops,
              .has_rate = webhook.spec.rate.limits()});
  if (webhook.spec.has_basic_auth) {
    profile->prototype.user = std::move(webhook.spec.basic_auth_user);
    profile->prototype.password = std::move(webhook.secrets.basic_auth_password);
  }
  AddHeaders(webhook.spec, profile.get());
  if (webhook.spec.has_bearer_token) {
    profile->prototype.headers.push_back("authorization: Bearer " +
                                         webhook.secrets.bearer_token);
  }
  AddClientProofs(&webhook, profile.get());
  if (!webhook.spec.api_key_header.empty()) {
    AddHeader(webhook.spec.api_key_header, webhook.secrets.api_key, kMasked,
              profile.get());
  }
  return profile;
}

SignatureLines Sign(const Profile& profile, const Uuid& delivery_id, absl::Time now,
                    std::string_view body, int hops) {
  const std::string id = delivery_id.ToString();
  return {.id = "webhook-id: " + id,
          .timestamp = fmt::format("webhook-timestamp: {}", absl::ToUnixSeconds(now)),
          .signature = "webhook-signature: " + profile.signer.Sign(id, now, body),
          .hops = hops > 1 ? fmt::format("windrow-hops: {}", hops) : std::string()};
}

http::Request BuildRequest(const Profile& profile, const SignatureLines& lines) {
  http::Request request = profile.prototype;
  request.headers.reserve(request.headers.size() + 4);
  request.headers.push_back(lines.id);
  request.headers.push_back(lines.timestamp);
  request.headers.push_back(lines.signature);
  if (!lines.hops.empty()) request.headers.push_back(lines.hops);
  return request;
}

std::string ShownHeaders(const Profile& profile, const SignatureLines& lines) {
  std::string shown;
  shown.reserve(profile.shown_headers.size() + lines.id.size() + lines.timestamp.size() +
                lines.signature.size() + lines.hops.size() + 8);
  shown += profile.shown_headers;
  for (const std::string* line :
       {&lines.id, &lines.timestamp, &lines.signature, &lines.hops}) {
    if (line->empty()) continue;
    shown += *line;
    shown += "\r\n";
  }
  return shown;
}

}  // namespace windrow::delivery
