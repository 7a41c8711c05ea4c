#include "services/control_plane/operation_service.h"

#include <absl/time/clock.h>

#include "services/control_plane/author.h"
#include "services/control_plane/operation_use_cases.h"
#include "services/control_plane/unary.h"
#include "windrow/v1/operation.grpc.pb.h"

namespace windrow::control_plane {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

class OperationService final : public v1::OperationService::CallbackService {
 public:
  OperationService(UnaryCalls& calls, store::OperationStore& operations,
                   store::WebhookStore& webhooks)
      : calls_(calls), use_cases_(operations, webhooks) {}

  Reactor* RedeliverDeliveries(Context* context,
                               const v1::RedeliverDeliveriesRequest* request,
                               v1::Operation* response) override {
    return calls_.Run("RedeliverDeliveries", context, [=, this](const Caller& caller) {
      return use_cases_.Redeliver(AuthorOf(caller), *request, response);
    });
  }

  Reactor* RecoverWebhook(Context* context, const v1::RecoverWebhookRequest* request,
                          v1::Operation* response) override {
    return calls_.Run("RecoverWebhook", context, [=, this](const Caller& caller) {
      return use_cases_.Recover(AuthorOf(caller), *request, absl::Now(), response);
    });
  }

  Reactor* GetOperation(Context* context, const v1::GetOperationRequest* request,
                        v1::Operation* response) override {
    return calls_.Run("GetOperation", context, [=, this](const Caller& caller) {
      return use_cases_.Get(caller.tenant, request->operation_id(), response);
    });
  }

  Reactor* ListOperations(Context* context, const v1::ListOperationsRequest* request,
                          v1::ListOperationsResponse* response) override {
    return calls_.Run("ListOperations", context, [=, this](const Caller& caller) {
      return use_cases_.List(caller.tenant, *request, response);
    });
  }

  Reactor* CancelOperation(Context* context, const v1::CancelOperationRequest* request,
                           v1::Operation* response) override {
    return calls_.Run("CancelOperation", context, [=, this](const Caller& caller) {
      return use_cases_.Cancel(AuthorOf(caller), request->operation_id(), response);
    });
  }

 private:
  UnaryCalls& calls_;
  OperationUseCases use_cases_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeOperationService(UnaryCalls& calls,
                                                    store::OperationStore& operations,
                                                    store::WebhookStore& webhooks) {
  return std::make_unique<OperationService>(calls, operations, webhooks);
}

}  // namespace windrow::control_plane
