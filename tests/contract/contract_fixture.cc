#include "tests/contract/contract_fixture.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace windrow::contract {

domain::WebhookSpec SpecNamed(const std::string& name) {
  domain::WebhookSpec spec;
  spec.name = name;
  spec.url = "https://receiver.example/hook";
  spec.payload = domain::PayloadKind::kSmall;
  spec.triggers = {{.event_type = "ticket.created"}};
  spec.timeout = absl::Seconds(30);
  return spec;
}

domain::WebhookSpec BatchingSpec(const std::string& name) {
  domain::WebhookSpec spec = SpecNamed(name);
  spec.batching = {
      .mode = domain::BatchMode::kAny, .wait = absl::Hours(1), .max_items = 100};
  return spec;
}

domain::EventTypeSpec OrderPaid() {
  return {.name = "order.paid",
          .description = "Money came in ✓",
          .object_type = "order",
          .key_fields = {"id", "customer.name", R"(a\.b)"},
          .single_select_fields = {"status", "sträße \"x\""},
          .example = "{ \"id\":9007199254740993, \"n\": 1.10,\"u\":\"\\u0000\" }"};
}

domain::Event EventOf(const std::string& type, const std::string& object_id) {
  domain::Event event;
  event.type = type;
  event.object_type = "ticket";
  event.object_id = object_id;
  event.object = R"({"id":1})";
  return event;
}

filter::Filter Where(const std::string& filter) {
  return filter::Compile(filter, store::kDeliveryFields).value();
}

store::Attempt AttemptAnswered(int attempt, int status_code) {
  const bool good = status_code >= 200 && status_code <= 299;
  return {.attempt = attempt,
          .duration = absl::Milliseconds(120),
          .name_lookup = absl::Milliseconds(1),
          .connect = absl::Milliseconds(10),
          .tls = absl::Milliseconds(30),
          .first_byte = absl::Milliseconds(110),
          .remote_address = "203.0.113.7:443",
          .status_code = status_code,
          .error = good ? store::AttemptError::kNone : store::AttemptError::kHttp,
          .error_detail = good ? "" : fmt::format("status {}", status_code),
          .request_bytes = 17,
          .response_bytes = 5,
          .response_headers = "content-type: text/plain\n",
          .response_body = "hello"};
}

store::StoredWebhook ContractTest::Create(const domain::WebhookSpec& spec,
                                          store::TenantId tenant) {
  return webhooks().Create(tenant, spec, {.signing_secret = "whsec_c2VjcmV0"}).value();
}

store::StoredWebhook ContractTest::Update(const store::StoredWebhook& webhook,
                                          const domain::WebhookSpec& spec) {
  const store::StoredWebhook now =
      webhooks().Get(webhook.tenant_id, webhook.webhook_id).value();
  return webhooks()
      .Update(webhook.tenant_id, webhook.webhook_id, now.version, spec, now.secrets)
      .value();
}

std::int64_t ContractTest::ConfigVersion(store::TenantId tenant) {
  return webhooks().LoadMatchTable(tenant).value()->config_version();
}

absl::Time ContractTest::Now() { return queue().FindDue(absl::UnixEpoch()).value().now; }

std::unique_ptr<store::PublishTransaction> ContractTest::Begin(
    int numbers, const std::vector<store::EventKey>& keys, store::TenantId tenant) {
  auto transaction = events()
                         .BeginPublish({.tenants = {{tenant, ConfigVersion(tenant)}},
                                        .keys = keys,
                                        .new_numbers = numbers})
                         .value();
  EXPECT_THAT(transaction->stale_tenants(), ::testing::IsEmpty());
  return transaction;
}

Uuid ContractTest::NextWindowId() { return ids_.Next(Now()); }

store::WindowGroup ContractTest::GroupOf(const store::StoredWebhook& webhook,
                                         absl::Duration wait, const std::string& key) {
  return {.tenant_id = webhook.tenant_id,
          .webhook_id = webhook.webhook_id,
          .webhook_version = webhook.version,
          .group_key = key,
          .wait = wait,
          .order_key = domain::OrderKey(webhook.spec.ordering, "", "")};
}

ContractTest::Published ContractTest::Publish(const store::StoredWebhook& webhook,
                                              const domain::Event& event,
                                              std::optional<Uuid> window_id) {
  const Uuid id = window_id.value_or(NextWindowId());
  const auto transaction = Begin(1, {}, webhook.tenant_id);
  const std::int64_t number = transaction->numbers().at(0);
  const std::int32_t notification_id = webhook.spec.triggers.at(0).notification_id;
  EXPECT_OK(transaction->Commit(
      {.events = {{webhook.tenant_id, number, &event}},
       .windows = {{.window_id = id,
                    .tenant_id = webhook.tenant_id,
                    .webhook_id = webhook.webhook_id,
                    .webhook_version = webhook.version,
                    .order_key = domain::OrderKey(webhook.spec.ordering,
                                                  event.object_type, event.object_id),
                    .content = {.items = {{number, notification_id}}, .bytes = 100}}}}));
  return {number, id};
}

ContractTest::Published ContractTest::Publish(const store::StoredWebhook& webhook) {
  return Publish(webhook, EventOf("ticket.created", "7"));
}

ContractTest::Appended ContractTest::Append(const store::WindowGroup& group,
                                            std::int32_t notification_id, int count,
                                            bool closes, std::size_t bytes) {
  const domain::Event event = EventOf("ticket.created", "7");
  const auto transaction = Begin(count, {}, group.tenant_id);
  store::WindowGroup first = group;
  if (count > 0) first.first_escmsg_id = transaction->numbers().at(0);
  const store::OpenWindow open = transaction->OpenWindows({first}).value().at(0);
  store::PublishWrites writes;
  store::WindowAppend append{.window_id = open.window_id,
                             .tenant_id = kTenant,
                             .webhook_id = group.webhook_id,
                             .add = {.bytes = bytes * static_cast<std::size_t>(count)},
                             .closes = closes};
  for (const std::int64_t number : transaction->numbers()) {
    writes.events.push_back({group.tenant_id, number, &event});
    append.add.items.push_back({number, notification_id});
  }
  writes.appends = {append};
  EXPECT_OK(transaction->Commit(writes));
  return {open.window_id, transaction->numbers(), open.fill};
}

store::Claim ContractTest::Claim(const store::StoredWebhook& webhook, int room) {
  if (!worker_) worker_ = queue().RegisterWorker("contract test").value();
  return queue()
      .ClaimWindows(*worker_, {{webhook.webhook_id, room}}, absl::Seconds(10))
      .value();
}

store::ClaimedWindow ContractTest::ClaimOne(const store::StoredWebhook& webhook) {
  const store::Claim claim = Claim(webhook);
  if (claim.windows.size() != 1) {
    throw std::runtime_error(
        fmt::format("{} windows claimed, one expected", claim.windows.size()));
  }
  return claim.windows.front();
}

store::Outcome ContractTest::OutcomeOf(const store::ClaimedWindow& window,
                                       store::DeliveryState state, int status_code) {
  store::Outcome outcome{.window_id = window.window_id,
                         .tenant_id = window.tenant_id,
                         .webhook_id = window.webhook_id,
                         .webhook_version = window.webhook_version,
                         .lease_seq = window.lease_seq,
                         .state = state,
                         .attempt = AttemptAnswered(window.attempt + 1, status_code),
                         .started_ago = absl::Milliseconds(120),
                         .request_headers = "content-type: application/json\n",
                         .request_body = R"({"id":"an item"})"};
  outcome.gated = window.gated;
  outcome.order_key = window.order_key;
  for (const store::ClaimedItem& item : window.items) {
    outcome.items.push_back(item.ref);
    outcome.event_types.push_back("ticket.created");
    outcome.object_ids.push_back("7");
  }
  return outcome;
}

int ContractTest::Record(const std::vector<store::Outcome>& outcomes) {
  return queue().Record(outcomes).value();
}

store::HeldWindow ContractTest::HeldOf(const store::ClaimedWindow& window) {
  return {window.window_id, window.tenant_id, window.webhook_id, window.lease_seq};
}

store::DeliveryRecord ContractTest::Get(const Uuid& id, bool bodies) {
  return deliveries().GetDelivery(kTenant, id, bodies).value();
}

std::vector<store::Attempt> ContractTest::Attempts(const Uuid& id) {
  return deliveries().ListAttempts(kTenant, id, 0, 100).value().attempts;
}

std::vector<Uuid> ContractTest::List(const store::DeliveryQuery& query) {
  const auto page = deliveries().ListDeliveries(kTenant, query).value();
  std::vector<Uuid> ids;
  for (const auto& record : page.deliveries) ids.push_back(record.delivery_id);
  return ids;
}

store::ClaimedWindow AutoDisableContract::End(const store::StoredWebhook& webhook,
                                              store::DeliveryState state,
                                              int status_code) {
  store::Claim claim = Claim(webhook);
  if (claim.windows.empty()) {
    Publish(webhook);
    claim = Claim(webhook);
  }
  store::ClaimedWindow window = claim.windows.at(0);
  store::Outcome outcome = OutcomeOf(window, state, status_code);
  outcome.retry_after = absl::Minutes(10);
  outcome.webhook_failing = window.webhook_failing;
  Record({outcome});
  return window;
}

std::vector<Uuid> ContractTest::ListWhere(const std::string& filter) {
  return List({.where = Where(filter)});
}

}  // namespace windrow::contract
