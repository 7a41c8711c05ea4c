#include "cli/api_key_access.h"

#include <absl/time/clock.h>

#include <charconv>
#include <optional>
#include <utility>

#include "cli/client.h"
#include "cli/flag_types.h"
#include "cli/operator_database.h"
#include "common/base/status.h"
#include "common/crypto/api_key.h"
#include "common/domain/access.h"
#include "windrow/v1/api_key.grpc.pb.h"

namespace windrow::cli {
namespace {

class ApiKeyService final : public ApiKeyAccess {
 public:
  explicit ApiKeyService(const Session& session)
      : session_(session), stub_(v1::ApiKeyService::NewStub(Connect(session))) {}

  grpc::Status Create(const v1::ApiKey& key, v1::ApiKey* made) override {
    v1::CreateApiKeyRequest request;
    *request.mutable_api_key() = key;
    return stub_->CreateApiKey(MakeContext(session_).get(), request, made);
  }
  grpc::Status List(const v1::ListApiKeysRequest& request,
                    v1::ListApiKeysResponse* page) override {
    return stub_->ListApiKeys(MakeContext(session_).get(), request, page);
  }
  grpc::Status Revoke(const std::string& key_id, v1::ApiKey* key) override {
    v1::RevokeApiKeyRequest request;
    request.set_key_id(key_id);
    return stub_->RevokeApiKey(MakeContext(session_).get(), request, key);
  }

 private:
  const Session& session_;
  const std::unique_ptr<v1::ApiKeyService::Stub> stub_;
};

grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

void ToProto(const store::StoredApiKey& key, v1::ApiKey* proto) {
  proto->set_key_id(key.key_id);
  proto->set_name(key.spec.name);
  proto->set_scope(static_cast<v1::ApiKeyScope>(key.spec.scope));
  proto->set_requests_per_second(key.spec.requests_per_second);
  proto->set_kind(static_cast<v1::ApiKeyKind>(key.spec.kind));
  proto->set_certificate_name(key.spec.certificate_name);
  proto->set_creator(key.spec.created_by);
  *proto->mutable_create_time() = cli::ToProto(key.created_at);
  const std::pair<std::optional<absl::Time>, void (*)(v1::ApiKey*, absl::Time)> times[] =
      {{key.spec.expires_at,
        [](v1::ApiKey* p, absl::Time t) { *p->mutable_expire_time() = cli::ToProto(t); }},
       {key.last_used_at,
        [](v1::ApiKey* p, absl::Time t) {
          *p->mutable_last_use_time() = cli::ToProto(t);
        }},
       {key.revoked_at, [](v1::ApiKey* p, absl::Time t) {
          *p->mutable_revoke_time() = cli::ToProto(t);
        }}};
  for (const auto& [time, set] : times) {
    if (time) set(proto, *time);
  }
}

class ApiKeyDatabase final : public ApiKeyAccess {
 public:
  ApiKeyDatabase(std::string url, std::string tenant)
      : url_(std::move(url)), tenant_(std::move(tenant)) {}

  grpc::Status Create(const v1::ApiKey& key, v1::ApiKey* made) override {
    return ToGrpc(CreateKey(key, made));
  }
  grpc::Status List(const v1::ListApiKeysRequest& request,
                    v1::ListApiKeysResponse* page) override {
    return ToGrpc(ListKeys(request, page));
  }
  grpc::Status Revoke(const std::string& key_id, v1::ApiKey* key) override {
    return ToGrpc(RevokeKey(key_id, key));
  }

 private:
  absl::Status Open() {
    if (access_ != nullptr) return absl::OkStatus();
    WINDROW_ASSIGN_OR_RETURN(access_, OpenAccess(url_));
    WINDROW_ASSIGN_OR_RETURN(const store::Tenant tenant, access_->FindTenant(tenant_));
    tenant_id_ = tenant.tenant_id;
    return absl::OkStatus();
  }

  absl::Status CreateKey(const v1::ApiKey& key, v1::ApiKey* made) {
    const bool secret = key.certificate_name().empty();
    domain::ApiKeySpec spec{
        .kind = secret ? domain::KeyKind::kSecret : domain::KeyKind::kCertificate,
        .scope = static_cast<domain::Scope>(key.scope()),
        .name = key.name(),
        .certificate_name = key.certificate_name(),
        .requests_per_second = key.requests_per_second(),
        .created_by = "operator"};
    if (key.has_expire_time()) {
      spec.expires_at = absl::FromUnixSeconds(key.expire_time().seconds());
    }
    Violations violations;
    domain::CheckApiKey(&spec, absl::Now(), &violations);
    WINDROW_RETURN_IF_ERROR(violations.ToStatus());
    WINDROW_RETURN_IF_ERROR(Open());
    const crypto::NewApiKey fresh = crypto::GenerateApiKey();
    if (secret) spec.secret_sha256 = fresh.secret_sha256;
    WINDROW_ASSIGN_OR_RETURN(const store::StoredApiKey stored,
                             access_->CreateApiKey(tenant_id_, fresh.key_id, spec));
    ToProto(stored, made);
    if (secret) made->set_key(fresh.text);
    return absl::OkStatus();
  }

  absl::Status ListKeys(const v1::ListApiKeysRequest& request,
                        v1::ListApiKeysResponse* page) {
    WINDROW_RETURN_IF_ERROR(Open());
    std::optional<std::int64_t> before;
    const std::string& token = request.page_token();
    if (!token.empty()) {
      std::from_chars(token.data(), token.data() + token.size(), before.emplace());
    }
    WINDROW_ASSIGN_OR_RETURN(
        const store::ApiKeyPage found,
        access_->ListApiKeys(tenant_id_, before, request.page_size()));
    for (const store::StoredApiKey& key : found.keys) ToProto(key, page->add_api_keys());
    if (found.more) {
      page->set_next_page_token(std::to_string(found.keys.back().number));
    }
    return absl::OkStatus();
  }

  absl::Status RevokeKey(const std::string& key_id, v1::ApiKey* key) {
    WINDROW_RETURN_IF_ERROR(Open());
    WINDROW_ASSIGN_OR_RETURN(const store::StoredApiKey revoked,
                             access_->RevokeApiKey(tenant_id_, key_id));
    ToProto(revoked, key);
    return absl::OkStatus();
  }

  const std::string url_;
  const std::string tenant_;
  std::unique_ptr<store::AccessStore> access_;
  store::TenantId tenant_id_ = 0;
};

}  // namespace

std::unique_ptr<ApiKeyAccess> OverApi(const Session& session) {
  return std::make_unique<ApiKeyService>(session);
}

std::unique_ptr<ApiKeyAccess> OverDatabase(std::string url, std::string tenant) {
  return std::make_unique<ApiKeyDatabase>(std::move(url), std::move(tenant));
}

}  // namespace windrow::cli
