#include "services/control_plane/api_key_use_cases.h"

#include "common/base/status.h"
#include "common/crypto/api_key.h"
#include "services/control_plane/author.h"
#include "services/control_plane/page_token.h"
#include "services/control_plane/proto_time.h"

namespace windrow::control_plane {
namespace {

domain::ApiKeySpec SpecOf(const v1::ApiKey& key, const Caller& caller, absl::Time now,
                          Violations* violations) {
  domain::ApiKeySpec spec{.name = key.name(),
                          .requests_per_second = key.requests_per_second(),
                          .created_by = caller.name};
  if (key.scope() >= v1::API_KEY_SCOPE_READ && key.scope() <= v1::API_KEY_SCOPE_ADMIN) {
    spec.scope = static_cast<domain::Scope>(key.scope());
  } else {
    violations->Add("api_key.scope",
                    "is required: API_KEY_SCOPE_READ, API_KEY_SCOPE_PUBLISH or "
                    "API_KEY_SCOPE_ADMIN");
  }
  if (key.kind() == v1::API_KEY_KIND_CERTIFICATE || !key.certificate_name().empty()) {
    violations->Add("api_key.kind",
                    "keys for certificates are the operator's to make: `windrow api-key "
                    "create --certificate`, with access to the database");
  }
  if (key.has_expire_time()) {
    spec.expires_at = TimeFromProto(key.expire_time());
    if (!spec.expires_at) {
      violations->Add("api_key.expire_time", "must be a time of the years 1 to 9999");
    }
  }
  domain::CheckApiKey(&spec, now, violations);
  return spec;
}

absl::Status CheckId(const std::string& key_id) {
  Violations violations;
  if (key_id.empty()) violations.Add("key_id", "is required");
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  // PostgreSQL cannot be asked for it.
  if (key_id.find('\0') == std::string::npos) return absl::OkStatus();
  return WithReason(absl::NotFoundError("no API key has this id"), "API_KEY_NOT_FOUND");
}

}  // namespace

void ApiKeyToProto(const store::StoredApiKey& key, v1::ApiKey* proto) {
  proto->set_key_id(key.key_id);
  proto->set_name(key.spec.name);
  proto->set_scope(static_cast<v1::ApiKeyScope>(key.spec.scope));
  proto->set_requests_per_second(key.spec.requests_per_second);
  if (key.spec.expires_at) {
    TimeToProto(*key.spec.expires_at, proto->mutable_expire_time());
  }
  proto->set_kind(static_cast<v1::ApiKeyKind>(key.spec.kind));
  proto->set_certificate_name(key.spec.certificate_name);
  TimeToProto(key.created_at, proto->mutable_create_time());
  proto->set_creator(key.spec.created_by);
  if (key.last_used_at) TimeToProto(*key.last_used_at, proto->mutable_last_use_time());
  if (key.revoked_at) TimeToProto(*key.revoked_at, proto->mutable_revoke_time());
}

absl::Status ApiKeyUseCases::Create(const Caller& caller,
                                    const v1::CreateApiKeyRequest& request,
                                    absl::Time now, v1::ApiKey* response) {
  Violations violations;
  domain::ApiKeySpec spec = SpecOf(request.api_key(), caller, now, &violations);
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  const crypto::NewApiKey made = crypto::GenerateApiKey();
  spec.secret_sha256 = made.secret_sha256;
  WINDROW_ASSIGN_OR_RETURN(const store::StoredApiKey stored,
                           keys_.CreateApiKey(caller.tenant, made.key_id, spec));
  ApiKeyToProto(stored, response);
  response->set_key(made.text);
  // It exists whether or not this succeeds.
  (void)access_.Refresh();
  return absl::OkStatus();
}

absl::Status ApiKeyUseCases::Get(const Caller& caller, const std::string& key_id,
                                 v1::ApiKey* response) {
  WINDROW_RETURN_IF_ERROR(CheckId(key_id));
  WINDROW_ASSIGN_OR_RETURN(const store::StoredApiKey key,
                           keys_.GetApiKey(caller.tenant, key_id));
  ApiKeyToProto(key, response);
  return absl::OkStatus();
}

absl::Status ApiKeyUseCases::List(const Caller& caller,
                                  const v1::ListApiKeysRequest& request,
                                  v1::ListApiKeysResponse* response) {
  const PageTokens tokens({"api_keys"});
  WINDROW_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
  std::optional<std::int64_t> before;
  if (!request.page_token().empty()) {
    WINDROW_ASSIGN_OR_RETURN(before, tokens.ReadNumber(request.page_token()));
  }
  WINDROW_ASSIGN_OR_RETURN(const store::ApiKeyPage page,
                           keys_.ListApiKeys(caller.tenant, before, size));
  for (const store::StoredApiKey& key : page.keys) {
    ApiKeyToProto(key, response->add_api_keys());
  }
  if (page.more) response->set_next_page_token(tokens.Make(page.keys.back().number));
  return absl::OkStatus();
}

absl::Status ApiKeyUseCases::Revoke(const Caller& caller, const std::string& key_id,
                                    v1::ApiKey* response) {
  WINDROW_RETURN_IF_ERROR(CheckId(key_id));
  WINDROW_ASSIGN_OR_RETURN(const store::StoredApiKey key,
                           keys_.RevokeApiKey(AuthorOf(caller), key_id));
  ApiKeyToProto(key, response);
  // It is revoked whether or not this succeeds.
  (void)access_.Refresh();
  return absl::OkStatus();
}

}  // namespace windrow::control_plane
