// API keys, over the API or, for the operator, over the database.
#pragma once

#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "cli/session.h"
#include "windrow/v1/api_key.pb.h"

namespace windrow::cli {

class ApiKeyAccess {
 public:
  virtual ~ApiKeyAccess() = default;
  virtual grpc::Status Create(const v1::ApiKey& key, v1::ApiKey* made) = 0;
  virtual grpc::Status List(const v1::ListApiKeysRequest& request,
                            v1::ListApiKeysResponse* page) = 0;
  virtual grpc::Status Revoke(const std::string& key_id, v1::ApiKey* key) = 0;
};

std::unique_ptr<ApiKeyAccess> OverApi(const Session& session);

// Of a tenant of the database at `url`. Connects on first use.
std::unique_ptr<ApiKeyAccess> OverDatabase(std::string url, std::string tenant);

}  // namespace windrow::cli
