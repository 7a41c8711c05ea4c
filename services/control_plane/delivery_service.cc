#include "services/control_plane/delivery_service.h"

#include <absl/status/statusor.h>

#include <algorithm>
#include <string>

#include "common/filter/filter.h"
#include "common/store/list_fields.h"
#include "services/control_plane/author.h"
#include "services/control_plane/delivery_mapping.h"
#include "services/control_plane/delivery_use_cases.h"
#include "services/control_plane/delivery_watch_stream.h"
#include "services/control_plane/page_fill.h"
#include "services/control_plane/page_token.h"
#include "services/control_plane/request_ids.h"
#include "services/control_plane/unary.h"
#include "windrow/v1/delivery.grpc.pb.h"

namespace windrow::control_plane {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

constexpr int kMaxFullPageSize = 100;
constexpr int kChunk = 256;               // records without bodies: some KiB each
constexpr int kAttemptChunk = 64;         // responses of some 16 KiB each
constexpr int kFullChunk = 16;            // bodies of up to 1 MiB each
constexpr int kMostAttempts = 1'000'000;  // of one delivery, as far as a page can begin

absl::Status Refused(const char* field, const char* rule) {
  Violations violations;
  violations.Add(field, rule);
  return violations.ToStatus();
}

absl::StatusOr<bool> WantsBodies(v1::DeliveryView view, bool unspecified) {
  switch (view) {
    case v1::DELIVERY_VIEW_UNSPECIFIED:
      return unspecified;
    case v1::DELIVERY_VIEW_BASIC:
      return false;
    case v1::DELIVERY_VIEW_FULL:
      return true;
    default:
      return Refused("view", "must be DELIVERY_VIEW_BASIC or DELIVERY_VIEW_FULL");
  }
}

absl::StatusOr<bool> OldestFirst(const std::string& order_by) {
  if (order_by.empty() || order_by == "create_time desc") return false;
  if (order_by == "create_time" || order_by == "create_time asc") return true;
  return Refused("order_by", "must be \"create_time desc\" or \"create_time\"");
}

absl::StatusOr<Uuid> DeliveryId(const std::string& text) {
  return IdFromRequest(text, "delivery_id", "DELIVERY_NOT_FOUND");
}

class DeliveryService final : public v1::DeliveryService::CallbackService {
 public:
  DeliveryService(Access& access, UnaryCalls& calls, store::DeliveryStore& deliveries,
                  store::DeliveryControl& control, DeliveryWatch& watch,
                  const RpcMetrics& metrics)
      : access_(access),
        calls_(calls),
        deliveries_(deliveries),
        control_(control),
        watch_(watch),
        metrics_(metrics) {}

  Reactor* ListDeliveries(Context* context, const v1::ListDeliveriesRequest* request,
                          v1::ListDeliveriesResponse* response) override {
    return calls_.Run("ListDeliveries", context, [=, this](const Caller& caller) {
      return List(caller, *request, response);
    });
  }

  Reactor* GetDelivery(Context* context, const v1::GetDeliveryRequest* request,
                       v1::Delivery* response) override {
    return calls_.Run("GetDelivery", context, [=, this](const Caller& caller) {
      return Get(caller, *request, response);
    });
  }

  Reactor* ListAttempts(Context* context, const v1::ListAttemptsRequest* request,
                        v1::ListAttemptsResponse* response) override {
    return calls_.Run("ListAttempts", context, [=, this](const Caller& caller) {
      return List(caller, *request, response);
    });
  }

  Reactor* RedeliverDelivery(Context* context,
                             const v1::RedeliverDeliveryRequest* request,
                             v1::Delivery* response) override {
    return calls_.Run("RedeliverDelivery", context, [=, this](const Caller& caller) {
      return Change(caller, request->delivery_id(), Redeliver, response);
    });
  }

  Reactor* CancelDelivery(Context* context, const v1::CancelDeliveryRequest* request,
                          v1::Delivery* response) override {
    return calls_.Run("CancelDelivery", context, [=, this](const Caller& caller) {
      return Change(caller, request->delivery_id(), Cancel, response);
    });
  }

  grpc::ServerWriteReactor<v1::WatchDeliveriesResponse>* WatchDeliveries(
      Context* context, const v1::WatchDeliveriesRequest* request) override {
    return OpenWatchStream(access_, watch_, metrics_, *context, *request);
  }

 private:
  // Answers the delivery as it is after the change, without bodies.
  template <typename UseCase>
  absl::Status Change(const Caller& caller, const std::string& text, UseCase use_case,
                      v1::Delivery* response) {
    WINDROW_ASSIGN_OR_RETURN(const Uuid id, DeliveryId(text));
    WINDROW_RETURN_IF_ERROR(use_case(control_, AuthorOf(caller), id));
    WINDROW_ASSIGN_OR_RETURN(
        auto record, deliveries_.GetDelivery(caller.tenant, id, /*bodies=*/false));
    TakeToProto(&record, response);
    return absl::OkStatus();
  }

  absl::Status List(const Caller& caller, const v1::ListDeliveriesRequest& request,
                    v1::ListDeliveriesResponse* response) {
    store::DeliveryQuery query;
    WINDROW_ASSIGN_OR_RETURN(query.bodies, WantsBodies(request.view(), false));
    WINDROW_ASSIGN_OR_RETURN(
        const int size,
        PageSize(request.page_size(), query.bodies ? kMaxFullPageSize : kMaxPageSize));
    WINDROW_ASSIGN_OR_RETURN(query.oldest_first, OldestFirst(request.order_by()));
    WINDROW_ASSIGN_OR_RETURN(query.where,
                             filter::Compile(request.filter(), store::kDeliveryFields));
    const PageTokens tokens(
        {"deliveries", query.oldest_first ? "oldest" : "newest", request.filter()});
    if (!request.page_token().empty()) {
      WINDROW_ASSIGN_OR_RETURN(query.after, tokens.ReadUuid(request.page_token()));
    }
    const auto fetch = [&](int limit, int examine) {
      query.limit = limit;
      query.examine = examine;
      return deliveries_.ListDeliveries(caller.tenant, query);
    };
    const auto put = [&](store::DeliveryRecord& record) {
      query.after = record.delivery_id;
      TakeToProto(&record, response->add_deliveries());
      return response->deliveries().rbegin()->ByteSizeLong();
    };
    const auto skip = [&](const store::DeliveryPage& page) {
      if (page.position) query.after = page.position;
    };
    WINDROW_ASSIGN_OR_RETURN(
        const bool more, FillPage(size, query.bodies ? kFullChunk : kChunk,
                                  &store::DeliveryPage::deliveries, fetch, put, skip));
    if (more) response->set_next_page_token(tokens.Make(*query.after));
    return absl::OkStatus();
  }

  absl::Status Get(const Caller& caller, const v1::GetDeliveryRequest& request,
                   v1::Delivery* response) {
    WINDROW_ASSIGN_OR_RETURN(const Uuid id, DeliveryId(request.delivery_id()));
    WINDROW_ASSIGN_OR_RETURN(const bool bodies, WantsBodies(request.view(), true));
    WINDROW_ASSIGN_OR_RETURN(auto record,
                             deliveries_.GetDelivery(caller.tenant, id, bodies));
    TakeToProto(&record, response);
    return absl::OkStatus();
  }

  absl::Status List(const Caller& caller, const v1::ListAttemptsRequest& request,
                    v1::ListAttemptsResponse* response) {
    WINDROW_ASSIGN_OR_RETURN(const Uuid id, DeliveryId(request.delivery_id()));
    WINDROW_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
    const PageTokens tokens({"attempts", id.ToString()});
    std::int64_t offset = 0;
    if (!request.page_token().empty()) {
      WINDROW_ASSIGN_OR_RETURN(offset, tokens.ReadNumber(request.page_token()));
    }
    const auto fetch = [&](int limit, int) {
      const auto skipped =
          static_cast<int>(std::min<std::int64_t>(offset, kMostAttempts));
      return deliveries_.ListAttempts(caller.tenant, id, skipped, limit);
    };
    const auto put = [&](store::Attempt& attempt) {
      ++offset;
      TakeToProto(&attempt, response->add_attempts());
      return response->attempts().rbegin()->ByteSizeLong();
    };
    const auto skip = [](const store::AttemptPage&) {};
    WINDROW_ASSIGN_OR_RETURN(
        const bool more,
        FillPage(size, kAttemptChunk, &store::AttemptPage::attempts, fetch, put, skip));
    if (more) response->set_next_page_token(tokens.Make(offset));
    return absl::OkStatus();
  }

  Access& access_;
  UnaryCalls& calls_;
  store::DeliveryStore& deliveries_;
  store::DeliveryControl& control_;
  DeliveryWatch& watch_;
  const RpcMetrics metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDeliveryService(Access& access, UnaryCalls& calls,
                                                   store::DeliveryStore& deliveries,
                                                   store::DeliveryControl& control,
                                                   DeliveryWatch& watch,
                                                   const RpcMetrics& metrics) {
  return std::make_unique<DeliveryService>(access, calls, deliveries, control, watch,
                                           metrics);
}

}  // namespace windrow::control_plane
