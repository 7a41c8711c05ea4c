#include "cli/dev/demo.h"

#include <fmt/format.h>

#include "cli/client.h"
#include "cli/rpc_errors.h"
#include "windrow/v1/event.grpc.pb.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::cli {
namespace {

constexpr char kEventType[] = "ticket.created";
constexpr char kTicket[] =
    R"({"id":1,"summary":"Printer on fire","status":{"id":1,"name":"New"},"price":1.10})";

absl::Status Failed(const char* what, const grpc::Status& status,
                    const Session& session) {
  return absl::UnavailableError(
      fmt::format("cannot {}: {}", what, ErrorText(status, session)));
}

absl::Status CreateWebhook(const Session& session, v1::WebhookService::Stub* stub,
                           const std::string& address, const std::string& secret) {
  v1::CreateWebhookRequest request;
  v1::Webhook* webhook = request.mutable_webhook();
  webhook->set_name("demo");
  webhook->set_description("Made by `windrow dev`; delete it as you like.");
  webhook->set_url(fmt::format("http://{}/demo", address));
  webhook->add_triggers()->set_event_type(kEventType);
  webhook->set_signing_secret(secret);
  v1::Webhook answer;
  const grpc::Status status =
      stub->CreateWebhook(MakeContext(session).get(), request, &answer);
  if (!status.ok()) return Failed("create the demo's webhook", status, session);
  return absl::OkStatus();
}

absl::Status PublishEvent(const Session& session) {
  v1::BatchPublishEventsRequest request;
  v1::Event* event = request.add_events();
  event->set_type(kEventType);
  event->set_object_type("ticket");
  event->set_object_id("1");
  event->set_object(kTicket);
  v1::BatchPublishEventsResponse answer;
  const grpc::Status status =
      v1::EventService::NewStub(Connect(session))
          ->BatchPublishEvents(MakeContext(session).get(), request, &answer);
  if (!status.ok()) return Failed("publish the demo's event", status, session);
  if (answer.results_size() == 1 && answer.results(0).has_published()) {
    return absl::OkStatus();
  }
  return absl::InternalError("the demo's event was refused");
}

}  // namespace

absl::StatusOr<bool> ShowFirstDelivery(const Session& session, const std::string& address,
                                       const std::string& secret) {
  const auto stub = v1::WebhookService::NewStub(Connect(session));
  v1::ListWebhooksRequest list;
  list.set_page_size(1);
  v1::ListWebhooksResponse page;
  const grpc::Status status = stub->ListWebhooks(MakeContext(session).get(), list, &page);
  // Whoever has made API keys is past the first delivery.
  if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED) return false;
  if (!status.ok()) return Failed("list the webhooks", status, session);
  if (page.webhooks_size() > 0) return false;
  const absl::Status created = CreateWebhook(session, stub.get(), address, secret);
  if (!created.ok()) return created;
  const absl::Status published = PublishEvent(session);
  if (!published.ok()) return published;
  return true;
}

}  // namespace windrow::cli
