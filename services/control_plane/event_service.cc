#include "services/control_plane/event_service.h"

#include <absl/status/statusor.h>
#include <absl/time/clock.h>

#include "common/filter/filter.h"
#include "common/store/list_fields.h"
#include "services/control_plane/batch_publish.h"
#include "services/control_plane/event_mapping.h"
#include "services/control_plane/explain.h"
#include "services/control_plane/page_fill.h"
#include "services/control_plane/page_token.h"
#include "services/control_plane/publish_stream.h"
#include "services/control_plane/unary.h"
#include "windrow/v1/event.grpc.pb.h"

namespace windrow::control_plane {
namespace {

using Api = v1::EventService;
using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

constexpr int kChunk = 32;  // events of up to 1 MiB each

// PublishEvent in bytes, the rest in messages.
using Base =
    Api::WithRawCallbackMethod_PublishEvent<Api::WithCallbackMethod_BatchPublishEvents<
        Api::WithCallbackMethod_GetEvent<Api::WithCallbackMethod_ListEvents<
            Api::WithCallbackMethod_ExplainEvent<Api::Service>>>>>;

class EventService final : public Base {
 public:
  EventService(UnaryCalls& calls, PublishStreams& streams, PublishQueue& queue,
               store::EventStore& events, store::WebhookStore& webhooks,
               PublishMetrics metrics)
      : calls_(calls),
        streams_(streams),
        queue_(queue),
        events_(events),
        webhooks_(webhooks),
        metrics_(metrics) {}

  PublishStreams::Reactor* PublishEvent(Context* context) override {
    return streams_.Open(*context);
  }

  Reactor* BatchPublishEvents(Context* context,
                              const v1::BatchPublishEventsRequest* request,
                              v1::BatchPublishEventsResponse* response) override {
    return calls_.Run(
        "BatchPublishEvents", context,
        [=, this](const Caller& caller) {
          v1::BatchPublishEventsRequest events = *request;
          ChargeEvents(caller, events.events_size());
          return BatchPublish(queue_, metrics_, caller.tenant, &events, response);
        },
        request->ByteSizeLong());
  }

  Reactor* GetEvent(Context* context, const v1::GetEventRequest* request,
                    v1::Event* response) override {
    return calls_.Run(
        "GetEvent", context, [=, this](const Caller& caller) -> absl::Status {
          WINDROW_ASSIGN_OR_RETURN(auto event,
                                   events_.GetEvent(caller.tenant, request->escmsg_id()));
          TakeToProto(&event, response);
          return absl::OkStatus();
        });
  }

  Reactor* ListEvents(Context* context, const v1::ListEventsRequest* request,
                      v1::ListEventsResponse* response) override {
    return calls_.Run("ListEvents", context, [=, this](const Caller& caller) {
      return List(caller, *request, response);
    });
  }

  Reactor* ExplainEvent(Context* context, const v1::ExplainEventRequest* request,
                        v1::ExplainEventResponse* response) override {
    return calls_.Run("ExplainEvent", context, [=, this](const Caller& caller) {
      return control_plane::ExplainEvent(events_, webhooks_, caller.tenant, *request,
                                         response);
    });
  }

 private:
  // Of a key's rate; one was charged with the call.
  static void ChargeEvents(const Caller& caller, int events) {
    if (caller.pace == nullptr || events < 2 || events > kMaxBatchEvents) return;
    caller.pace->Charge(absl::Now(), events - 1);
  }

  absl::Status List(const Caller& caller, const v1::ListEventsRequest& request,
                    v1::ListEventsResponse* response) {
    store::EventQuery query;
    const PageTokens tokens({"events", request.filter()});
    WINDROW_ASSIGN_OR_RETURN(const int size, PageSize(request.page_size()));
    WINDROW_ASSIGN_OR_RETURN(query.where,
                             filter::Compile(request.filter(), store::kEventFields));
    if (!request.page_token().empty()) {
      WINDROW_ASSIGN_OR_RETURN(query.before, tokens.ReadEvent(request.page_token()));
    }
    const auto fetch = [&](int limit, int examine) {
      query.limit = limit;
      query.examine = examine;
      return events_.ListEvents(caller.tenant, query);
    };
    const auto put = [&](store::StoredEvent& event) {
      query.before = store::EventPosition{event.received_at, event.escmsg_id};
      TakeToProto(&event, response->add_events());
      return response->events().rbegin()->ByteSizeLong();
    };
    const auto skip = [&](const store::EventPage& page) {
      if (page.position) query.before = page.position;
    };
    WINDROW_ASSIGN_OR_RETURN(
        const bool more,
        FillPage(size, kChunk, &store::EventPage::events, fetch, put, skip));
    if (more) response->set_next_page_token(tokens.Make(*query.before));
    return absl::OkStatus();
  }

  UnaryCalls& calls_;
  PublishStreams& streams_;
  PublishQueue& queue_;
  store::EventStore& events_;
  store::WebhookStore& webhooks_;
  const PublishMetrics metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEventService(
    UnaryCalls& calls, PublishStreams& streams, PublishQueue& queue,
    store::EventStore& events, store::WebhookStore& webhooks, PublishMetrics metrics) {
  return std::make_unique<EventService>(calls, streams, queue, events, webhooks, metrics);
}

}  // namespace windrow::control_plane
