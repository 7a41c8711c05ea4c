#include "tests/semantics/semantics_fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/status.h"
#include "common/domain/payload.h"
#include "services/control_plane/batch_publish.h"
#include "services/control_plane/event_mapping.h"
#include "services/control_plane/profile_check.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::semantics {

v1::Webhook NewWebhook() {
  v1::Webhook webhook;
  webhook.set_name("Tickets");
  webhook.set_url("https://example.com/hook");
  webhook.set_payload(v1::PAYLOAD_KIND_SMALL);
  webhook.add_triggers()->set_event_type("ticket.updated");
  return webhook;
}

v1::Condition Where(v1::TestOperator op, const std::string& path,
                    const std::vector<std::string>& values) {
  v1::Condition condition;
  v1::ConditionTest* test = condition.mutable_test();
  test->set_operator_(op);
  test->set_path(path);
  for (const std::string& value : values) test->add_values(value);
  return condition;
}

v1::Condition IgnoringCase(v1::Condition condition) {
  condition.mutable_test()->set_ignore_case(true);
  return condition;
}

v1::Condition Not(v1::Condition condition) {
  v1::Condition negated;
  *negated.mutable_not_() = std::move(condition);
  return negated;
}

v1::Event Updated(const std::string& object, const std::string& previous) {
  v1::Event event;
  event.set_type("ticket.updated");
  event.set_object_type("ticket");
  event.set_object_id("7");
  event.set_object(object);
  event.set_previous(previous);
  return event;
}

std::vector<std::string> SemanticsTest::Refusals(const v1::Webhook& webhook) {
  Violations violations;
  control_plane::Profile profile = control_plane::NewProfile(webhook, {}, &violations);
  const absl::Status checked =
      control_plane::CheckWithCatalogue(store_, 1, nullptr, &profile, &violations);
  EXPECT_TRUE(checked.ok()) << checked;
  std::vector<std::string> lines;
  for (const Violation& v : violations.list()) lines.push_back(v.field + ": " + v.rule);
  return lines;
}

store::StoredWebhook SemanticsTest::Save(const v1::Webhook& webhook) {
  Violations violations;
  control_plane::Profile profile = control_plane::NewProfile(webhook, {}, &violations);
  control_plane::CheckProfile(&profile, &violations);
  EXPECT_TRUE(violations.empty()) << violations.ToStatus();
  profile.spec.name += fmt::format(" {}", ++webhooks_);
  return store_.Create(1, profile.spec, profile.secrets).value();
}

store::StoredWebhook SemanticsTest::Change(const store::StoredWebhook& webhook,
                                           const domain::WebhookSpec& spec) {
  return store_.Update(1, webhook.webhook_id, webhook.version, spec, webhook.secrets)
      .value();
}

std::vector<int> SemanticsTest::Publish(const std::vector<v1::Event>& events) {
  std::vector<absl::StatusOr<domain::Event>> taken;
  for (v1::Event event : events) taken.push_back(control_plane::TakeEvent(&event));
  std::vector<int> matched;
  for (const auto& answer :
       control_plane::PublishAndWait(committer_.queue(), 1, std::move(taken))) {
    EXPECT_TRUE(answer.status.ok()) << answer.status;
    matched.push_back(answer.matched);
  }
  return matched;
}

bool SemanticsTest::Matches(const v1::Condition& condition, const v1::Event& event) {
  v1::Webhook webhook = NewWebhook();
  *webhook.mutable_triggers(0)->mutable_condition() = condition;
  const auto saved = Save(webhook);
  const bool matched = Publish({event}).front() == 1;
  EXPECT_TRUE(store_.Delete(1, saved.webhook_id, std::nullopt).ok());
  return matched;
}

std::string SemanticsTest::Custom(const v1::CustomPayload& custom,
                                  const v1::Event& event) {
  v1::Webhook webhook = NewWebhook();
  webhook.set_payload(v1::PAYLOAD_KIND_CUSTOM);
  *webhook.mutable_custom_payload() = custom;
  const auto saved = Save(webhook);
  Publish({event});
  const std::vector<Sent> sent = SendDue(saved);
  EXPECT_EQ(sent.size(), 1u);
  EXPECT_TRUE(store_.Delete(1, saved.webhook_id, std::nullopt).ok());
  return sent.at(0).body;
}

std::vector<Sent> SemanticsTest::SendDue(const store::StoredWebhook& webhook) {
  store::Claim claim =
      store_.ClaimWindows(1, {{webhook.webhook_id, 10'000}}, absl::Minutes(1)).value();
  std::vector<Sent> requests;
  std::vector<store::Outcome> outcomes;
  for (const store::ClaimedWindow& window : claim.windows) {
    const auto spec =
        store_.LoadVersion(webhook.webhook_id, window.webhook_version).value();
    const auto format = domain::ItemFormat::Of(spec).value();
    std::vector<domain::EventView> views(window.items.size());
    std::vector<domain::Item> items;
    store::Outcome outcome{.window_id = window.window_id,
                           .tenant_id = 1,
                           .webhook_id = webhook.webhook_id,
                           .webhook_version = window.webhook_version,
                           .lease_seq = window.lease_seq,
                           .state = store::DeliveryState::kSucceeded};
    for (std::size_t i = 0; i < window.items.size(); ++i) {
      const store::StoredEvent& stored = claim.events[window.items[i].event];
      views[i] = {.escmsg_id = stored.escmsg_id,
                  .type = stored.event.type,
                  .object_type = stored.event.object_type,
                  .object_id = stored.event.object_id,
                  .occurred_at = *stored.event.occurred_at,
                  .message = stored.event.message,
                  .agent_id = stored.event.agent_id,
                  .object = stored.event.object,
                  .action = stored.event.action,
                  .linked = stored.event.linked,
                  .previous = stored.event.previous,
                  .key_fields = stored.key_fields.get()};
      items.push_back({window.items[i].ref.notification_id, &views[i]});
      outcome.items.push_back(window.items[i].ref);
      outcome.event_types.push_back(stored.event.type);
      outcome.object_ids.push_back(stored.event.object_id);
    }
    requests.push_back({.items = static_cast<int>(items.size()),
                        .body = domain::RenderBody(format, spec.batching.mode, 1,
                                                   webhook.webhook_id, std::move(items))
                                    .value()});
    outcomes.push_back(std::move(outcome));
  }
  EXPECT_EQ(store_.Record(outcomes).value(), 0);
  return requests;
}

}  // namespace windrow::semantics
