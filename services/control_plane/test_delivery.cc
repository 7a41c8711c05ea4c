#include "services/control_plane/test_delivery.h"

#include <fmt/format.h>

#include <string>

#include "common/base/status.h"
#include "common/json/document.h"
#include "services/control_plane/publish_plan.h"

namespace windrow::control_plane {

domain::Event TestEventOf(const store::StoredWebhook& webhook) {
  const std::string id = webhook.webhook_id.ToString();
  std::string name;
  json::AppendString(webhook.spec.name, &name);
  domain::Event event;
  event.type = "windrow.webhook.test";
  event.object_type = "webhook";
  event.object_id = id;
  event.object = fmt::format(R"({{"id":"{}","name":{},"test":true}})", id, name);
  event.message = "A test delivery: nothing happened";
  return event;
}

absl::StatusOr<Uuid> SendTest(store::WebhookStore& webhooks, store::EventStore& events,
                              store::TenantId tenant, const Uuid& webhook_id) {
  WINDROW_ASSIGN_OR_RETURN(const store::StoredWebhook webhook,
                           webhooks.Get(tenant, webhook_id));
  if (!webhook.spec.enabled) {
    return WithReason(
        absl::FailedPreconditionError("the webhook is disabled: enable it first"),
        "WEBHOOK_DISABLED");
  }
  const domain::Event event = TestEventOf(webhook);
  // No trigger is asked, so there is no configuration to agree on. Should the webhook be
  // disabled meanwhile, the delivery is cancelled when it is claimed.
  WINDROW_ASSIGN_OR_RETURN(auto transaction, events.BeginPublish({.new_numbers = 1}));
  const store::ItemRef item{
      .escmsg_id = transaction->numbers().at(0),
      .notification_id = webhook.spec.triggers.at(0).notification_id};
  const domain::ActiveWebhook active =
      domain::Activate(webhook_id, webhook.version, webhook.spec);
  const NumberedEvent numbered{
      .tenant_id = tenant, .escmsg_id = item.escmsg_id, .event = &event};
  store::PublishWrites writes;
  writes.events.push_back({tenant, item.escmsg_id, &event});
  writes.windows.push_back(
      {.window_id = UuidV7Generator().Next(transaction->now()),
       .tenant_id = tenant,
       .webhook_id = webhook_id,
       .webhook_version = webhook.version,
       .content = {
           {item},
           domain::ItemBytes(active.format, tenant, webhook_id, item.notification_id,
                             ViewOf(numbered, transaction->now()))}});
  WINDROW_RETURN_IF_ERROR(transaction->Commit(writes));
  return writes.windows.front().window_id;
}

}  // namespace windrow::control_plane
