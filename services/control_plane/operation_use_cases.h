// What the API does with long-running operations, apart from gRPC.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "common/store/operation_store.h"
#include "common/store/webhook_store.h"
#include "windrow/v1/operation.pb.h"

namespace windrow::control_plane {

void OperationToProto(const store::StoredOperation& operation, v1::Operation* proto);

// Thread-safe where the stores are.
class OperationUseCases {
 public:
  OperationUseCases(store::OperationStore& operations, store::WebhookStore& webhooks)
      : operations_(operations), webhooks_(webhooks) {}

  absl::Status Redeliver(const store::Author& author,
                         const v1::RedeliverDeliveriesRequest& request,
                         v1::Operation* response);
  absl::Status Recover(const store::Author& author,
                       const v1::RecoverWebhookRequest& request, absl::Time now,
                       v1::Operation* response);
  absl::Status Get(store::TenantId tenant, const std::string& operation_id,
                   v1::Operation* response);
  absl::Status List(store::TenantId tenant, const v1::ListOperationsRequest& request,
                    v1::ListOperationsResponse* response);
  absl::Status Cancel(const store::Author& author, const std::string& operation_id,
                      v1::Operation* response);

 private:
  absl::Status Create(const store::Author& author, const store::OperationSpec& spec,
                      v1::Operation* response);

  store::OperationStore& operations_;
  store::WebhookStore& webhooks_;
};

}  // namespace windrow::control_plane
