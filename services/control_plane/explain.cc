#include "services/control_plane/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/status.h"
#include "common/domain/condition.h"
#include "common/domain/event_document.h"
#include "services/control_plane/condition_mapping.h"
#include "services/control_plane/request_ids.h"

namespace windrow::control_plane {
namespace {

domain::EventView ViewOf(const store::StoredEvent& stored) {
  const domain::Event& event = stored.event;
  // Conditions were decided before the event had its number: it is left out.
  return {.type = event.type,
          .object_type = event.object_type,
          .object_id = event.object_id,
          .occurred_at = event.occurred_at.value_or(stored.received_at),
          .message = event.message,
          .agent_id = event.agent_id,
          .object = event.object,
          .action = event.action,
          .linked = event.linked,
          .previous = event.previous};
}

void ExplainTrigger(const domain::Trigger& trigger, const store::StoredEvent& event,
                    domain::EventDocument* document, v1::TriggerVerdict* verdict) {
  verdict->set_notification_id(trigger.notification_id);
  verdict->set_enabled(trigger.enabled);
  verdict->set_event_type(trigger.event_type);
  verdict->set_type_matched(trigger.event_type == event.event.type);
  bool condition_matched = true;
  if (verdict->type_matched() && trigger.condition != domain::ConditionSpec()) {
    const auto compiled = domain::CompiledCondition::Compile(trigger.condition);
    condition_matched = compiled.ok();
    if (compiled.ok()) {
      const auto tree = domain::Explain(*compiled, document);
      condition_matched = tree.matched;
      VerdictToProto(tree, verdict->mutable_condition());
    }
  }
  verdict->set_matched(trigger.enabled && verdict->type_matched() && condition_matched);
}

std::string Summary(const store::StoredEvent& event, const store::StoredWebhook& webhook,
                    const v1::ExplainEventResponse& response) {
  const auto& triggers = response.triggers();
  const auto count = [&](auto wanted) {
    return std::count_if(triggers.begin(), triggers.end(), wanted);
  };
  const auto matching = count([](const auto& t) { return t.matched(); });
  if (!webhook.spec.enabled) return "the webhook is disabled";
  if (response.loop() && matching > 0) {
    return fmt::format(
        "dropped as a loop: after {} deliveries the event came back from this webhook, "
        "whose max_hops is {}",
        event.event.hops, webhook.spec.max_hops);
  }
  if (matching == 1) return "one trigger matches";
  if (matching > 1) return fmt::format("{} triggers match, each an item", matching);
  const auto of_type = count([](const auto& t) { return t.type_matched(); });
  if (of_type == 0) {
    return fmt::format("no trigger is for events of type {}", event.event.type);
  }
  const auto enabled =
      count([](const auto& t) { return t.type_matched() && t.enabled(); });
  if (enabled == 0) return "the triggers for this event type are disabled";
  return "no trigger's condition is true for this event";
}

}  // namespace

void Explain(const store::StoredEvent& event, const store::StoredWebhook& webhook,
             v1::ExplainEventResponse* response) {
  domain::EventDocument document(ViewOf(event), event.event.previous);
  bool any = false;
  for (const domain::Trigger& trigger : webhook.spec.triggers) {
    v1::TriggerVerdict* verdict = response->add_triggers();
    ExplainTrigger(trigger, event, &document, verdict);
    any |= verdict->matched();
  }
  response->set_loop(
      domain::IsLoop(event.event, webhook.webhook_id, webhook.spec.max_hops));
  response->set_matched(any && webhook.spec.enabled && !response->loop());
  response->set_summary(Summary(event, webhook, *response));
}

absl::Status ExplainEvent(store::EventStore& events, store::WebhookStore& webhooks,
                          store::TenantId tenant, const v1::ExplainEventRequest& request,
                          v1::ExplainEventResponse* response) {
  WINDROW_ASSIGN_OR_RETURN(
      const Uuid id,
      IdFromRequest(request.webhook_id(), "webhook_id", "WEBHOOK_NOT_FOUND"));
  WINDROW_ASSIGN_OR_RETURN(const store::StoredEvent event,
                           events.GetEvent(tenant, request.escmsg_id()));
  WINDROW_ASSIGN_OR_RETURN(const store::StoredWebhook webhook, webhooks.Get(tenant, id));
  Explain(event, webhook, response);
  return absl::OkStatus();
}

}  // namespace windrow::control_plane
