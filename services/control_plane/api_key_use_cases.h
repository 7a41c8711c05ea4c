// What the API does with API keys, apart from gRPC.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include <string>

#include "common/store/access_store.h"
#include "services/control_plane/access.h"
#include "windrow/v1/api_key.pb.h"

namespace windrow::control_plane {

void ApiKeyToProto(const store::StoredApiKey& key, v1::ApiKey* proto);

// Thread-safe where the store is.
class ApiKeyUseCases {
 public:
  ApiKeyUseCases(store::AccessStore& keys, Access& access)
      : keys_(keys), access_(access) {}

  absl::Status Create(const Caller& caller, const v1::CreateApiKeyRequest& request,
                      absl::Time now, v1::ApiKey* response);
  absl::Status Get(const Caller& caller, const std::string& key_id, v1::ApiKey* response);
  absl::Status List(const Caller& caller, const v1::ListApiKeysRequest& request,
                    v1::ListApiKeysResponse* response);
  absl::Status Revoke(const Caller& caller, const std::string& key_id,
                      v1::ApiKey* response);

 private:
  store::AccessStore& keys_;
  Access& access_;
};

}  // namespace windrow::control_plane
