#include "services/control_plane/api_key_service.h"

#include <absl/time/clock.h>

#include "services/control_plane/api_key_use_cases.h"
#include "services/control_plane/unary.h"
#include "windrow/v1/api_key.grpc.pb.h"

namespace windrow::control_plane {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

class ApiKeyService final : public v1::ApiKeyService::CallbackService {
 public:
  ApiKeyService(UnaryCalls& calls, store::AccessStore& keys, Access& access)
      : calls_(calls), use_cases_(keys, access) {}

  Reactor* CreateApiKey(Context* context, const v1::CreateApiKeyRequest* request,
                        v1::ApiKey* response) override {
    return calls_.Run("CreateApiKey", context, [=, this](const Caller& caller) {
      return use_cases_.Create(caller, *request, absl::Now(), response);
    });
  }

  Reactor* GetApiKey(Context* context, const v1::GetApiKeyRequest* request,
                     v1::ApiKey* response) override {
    return calls_.Run("GetApiKey", context, [=, this](const Caller& caller) {
      return use_cases_.Get(caller, request->key_id(), response);
    });
  }

  Reactor* ListApiKeys(Context* context, const v1::ListApiKeysRequest* request,
                       v1::ListApiKeysResponse* response) override {
    return calls_.Run("ListApiKeys", context, [=, this](const Caller& caller) {
      return use_cases_.List(caller, *request, response);
    });
  }

  Reactor* RevokeApiKey(Context* context, const v1::RevokeApiKeyRequest* request,
                        v1::ApiKey* response) override {
    return calls_.Run("RevokeApiKey", context, [=, this](const Caller& caller) {
      return use_cases_.Revoke(caller, request->key_id(), response);
    });
  }

 private:
  UnaryCalls& calls_;
  ApiKeyUseCases use_cases_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeApiKeyService(UnaryCalls& calls,
                                                 store::AccessStore& keys,
                                                 Access& access) {
  return std::make_unique<ApiKeyService>(calls, keys, access);
}

}  // namespace windrow::control_plane
