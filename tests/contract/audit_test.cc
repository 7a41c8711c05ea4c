// Who changed what: an entry for each change, in its transaction, without secrets.
#include <rapidcheck.h>

#include <functional>
#include <string>
#include <vector>

#include "common/store/audit_entries.h"
#include "tests/contract/contract_fixture.h"
#include "tests/contract/filter_samples.h"
#include "tests/support/list_values.h"

namespace windrow::contract {
namespace {

using store::Author;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Author kAda{kTenant, "api_key:ada"};

domain::WebhookSecrets EverySecret(const std::string& mark) {
  return {.signing_secret = "whsec_" + mark,
          .basic_auth_password = "password-" + mark,
          .bearer_token = "bearer-" + mark,
          .api_key = "key-" + mark,
          .previous_signing_secret = "whsec_old_" + mark,
          .previous_valid_until = absl::FromUnixSeconds(1'900'000'000),
          .oauth2_client_secret = "client-" + mark,
          .certificate_chain = "chain-" + mark,
          .private_key = "private-" + mark};
}

}  // namespace

std::vector<store::AuditEntry> AuditContract::Entries(store::TenantId tenant) {
  return audit().ListAuditEntries(tenant, {.limit = 1'000}).value().entries;
}

std::vector<std::string> AuditContract::Actions(store::TenantId tenant) {
  std::vector<std::string> actions;
  for (const auto& entry : Entries(tenant)) actions.push_back(entry.action);
  return actions;
}

store::AuditEntry AuditContract::Newest() { return Entries().at(0); }

store::StoredWebhook AuditContract::CreateBy(const Author& author,
                                             const std::string& name) {
  return webhooks().Create(author, SpecNamed(name), {}).value();
}

store::StoredWebhook AuditContract::Change(
    const store::StoredWebhook& webhook,
    const std::function<void(store::StoredWebhook*)>& edit) {
  store::StoredWebhook after = webhook;
  edit(&after);
  return webhooks()
      .Update(kAda, webhook.webhook_id, webhook.version, after.spec, after.secrets)
      .value();
}

namespace {

TEST_P(AuditContract, AWebhooksLifeIsTold) {
  const auto made = CreateBy(kAda, "Tickets");
  const std::string resource = "webhooks/" + made.webhook_id.ToString();
  store::AuditEntry entry = Newest();
  EXPECT_EQ(entry.actor, "api_key:ada");
  EXPECT_EQ(entry.action, "webhook.create");
  EXPECT_EQ(entry.resource, resource);
  EXPECT_EQ(entry.before, "");
  auto told = store::AuditedWebhook(resource, entry.after).value();
  EXPECT_EQ(told.webhook_id, made.webhook_id);
  EXPECT_EQ(told.spec, made.spec);
  EXPECT_EQ(told.version, 1);
  EXPECT_EQ(told.created_at, made.created_at);

  const auto renamed = Change(made, [](auto* w) { w->spec.name = "Orders"; });
  entry = Newest();
  EXPECT_EQ(entry.action, "webhook.update");
  EXPECT_EQ(store::AuditedWebhook(resource, entry.before).value().spec, made.spec);
  EXPECT_EQ(store::AuditedWebhook(resource, entry.after).value().spec, renamed.spec);
  EXPECT_EQ(store::AuditedWebhook(resource, entry.after).value().version, 2);

  auto now = Change(renamed, [](auto* w) { w->spec.enabled = false; });
  now = Change(now, [](auto* w) { w->spec.enabled = true; });
  now = Change(now, [](auto* w) { w->secrets.signing_secret = "whsec_b"; });
  now = Change(now, [](auto* w) {
    w->spec.enabled = false;
    w->spec.description = "x";
  });
  EXPECT_OK(webhooks().Delete({kTenant, "certificate:ops"}, now.webhook_id, {}));
  EXPECT_THAT(Actions(),
              ElementsAre("webhook.delete", "webhook.update", "webhook.rotate_secret",
                          "webhook.enable", "webhook.disable", "webhook.update",
                          "webhook.create"));
  entry = Newest();
  EXPECT_EQ(entry.actor, "certificate:ops");
  EXPECT_EQ(entry.after, "");
  EXPECT_EQ(store::AuditedWebhook(resource, entry.before).value().spec, now.spec);
  // A tenant alone is Windrow itself.
  CreateBy(kTenant, "Own");
  EXPECT_EQ(Newest().actor, "windrow");
}

TEST_P(AuditContract, SecretsAreNamedAndNeverTold) {
  domain::WebhookSpec spec = SpecNamed("Secrets");
  spec.has_basic_auth = true;
  spec.basic_auth_user = "user";
  auto now = webhooks().Create(kAda, spec, EverySecret("one")).value();
  const std::vector<std::string> all = {"signing_secret",
                                        "basic_auth.password",
                                        "bearer_auth.token",
                                        "api_key.value",
                                        "oauth2.client_secret",
                                        "client_certificate.certificate_chain",
                                        "client_certificate.private_key"};
  EXPECT_EQ(Newest().changed_secrets, all);
  now = Change(now, [](auto* w) { w->secrets = EverySecret("two"); });
  EXPECT_EQ(Newest().changed_secrets, all);
  now = Change(now, [](auto* w) { w->secrets.bearer_token = "three"; });
  EXPECT_THAT(Newest().changed_secrets, ElementsAre("bearer_auth.token"));
  EXPECT_EQ(Newest().action, "webhook.update");
  now = Change(now, [](auto* w) { w->spec.name = "Other"; });
  EXPECT_THAT(Newest().changed_secrets, IsEmpty());
  now = Change(now, [](auto* w) { w->secrets = {}; });
  EXPECT_EQ(Newest().changed_secrets, all);
  EXPECT_OK(webhooks().Delete(kAda, now.webhook_id, {}));
  EXPECT_EQ(Entries().size(), 6u);
  for (const auto& entry : Entries()) {
    for (const char* secret : {"whsec_", "password-", "bearer-", "key-", "client-",
                               "chain-", "private-", "three"}) {
      EXPECT_THAT(entry.before, Not(HasSubstr(secret)));
      EXPECT_THAT(entry.after, Not(HasSubstr(secret)));
    }
  }
}

TEST_P(AuditContract, WhatIsRefusedLeavesNoEntry) {
  const auto webhook = CreateBy(kAda, "Tickets");
  const auto type =
      event_types()
          .CreateEventType(kAda, {.name = "order.paid", .object_type = "order"})
          .value();
  const std::size_t before = Entries().size();
  const Uuid nobody = NextWindowId();
  EXPECT_FALSE(webhooks().Create(kAda, SpecNamed("TICKETS"), {}).ok());
  EXPECT_FALSE(webhooks().Update(kAda, webhook.webhook_id, 7, webhook.spec, {}).ok());
  EXPECT_FALSE(webhooks().Update(kAda, nobody, 1, webhook.spec, {}).ok());
  EXPECT_FALSE(webhooks().Delete(kAda, webhook.webhook_id, 7).ok());
  EXPECT_FALSE(webhooks().Delete(kAda, nobody, {}).ok());
  EXPECT_FALSE(event_types().CreateEventType(kAda, type.spec).ok());
  EXPECT_FALSE(event_types().UpdateEventType(kAda, 7, type.spec).ok());
  EXPECT_FALSE(event_types().DeleteEventType(kAda, "ticket.created", {}).ok());
  EXPECT_FALSE(operations().CancelOperation(kAda, nobody).ok());
  EXPECT_FALSE(control().Cancel(kAda, nobody, "by hand").ok());
  EXPECT_TRUE(control().Redeliver(kAda, {nobody}).ok());
  EXPECT_OK(event_types().SetUnknownTypes(kAda, domain::UnknownTypes::kLearn));
  EXPECT_EQ(Entries().size(), before);
}

// What the name of another webhook refuses in the middle of an update, after numbers were
// taken and types were expected, is rolled back with all of it.
TEST_P(AuditContract, AnUpdateThatIsRolledBackLeavesNoEntry) {
  CreateBy(kAda, "Tickets");
  const auto other = CreateBy(kAda, "Orders");
  domain::WebhookSpec spec = other.spec;
  spec.name = "tickets";
  spec.triggers.push_back({.event_type = "never.seen"});
  EXPECT_FALSE(webhooks().Update(kAda, other.webhook_id, other.version, spec, {}).ok());
  EXPECT_THAT(Actions(), ElementsAre("webhook.create", "webhook.create"));
  EXPECT_FALSE(event_types().GetEventType(kTenant, "never.seen").ok());
}

TEST_P(AuditContract, TheCatalogueIsTold) {
  const domain::EventTypeSpec spec{.name = "order.paid",
                                   .description = "An order \"was\" paid",
                                   .object_type = "order",
                                   .key_fields = {"id", "customer.name"},
                                   .single_select_fields = {"status"},
                                   .example = R"({"id":1.10,"t":"\u0000"})"};
  const auto made = event_types().CreateEventType(kAda, spec).value();
  EXPECT_EQ(Newest().action, "event_type.create");
  EXPECT_EQ(Newest().resource, "event_types/order.paid");
  EXPECT_EQ(Newest().before, "");
  const auto told = store::AuditedEventType(Newest().after).value();
  EXPECT_EQ(told.spec, spec);
  EXPECT_EQ(told.origin, store::EventTypeOrigin::kDeclared);
  EXPECT_EQ(told.created_at, made.created_at);

  domain::EventTypeSpec changed = spec;
  changed.key_fields = {"id"};
  const auto after = event_types().UpdateEventType(kAda, made.version, changed).value();
  EXPECT_EQ(Newest().action, "event_type.update");
  EXPECT_EQ(store::AuditedEventType(Newest().before).value().spec, spec);
  EXPECT_EQ(store::AuditedEventType(Newest().after).value().spec, changed);
  EXPECT_EQ(store::AuditedEventType(Newest().after).value().version, after.version);

  EXPECT_OK(event_types().DeleteEventType(kAda, "order.paid", {}));
  EXPECT_EQ(Newest().action, "event_type.delete");
  EXPECT_EQ(store::AuditedEventType(Newest().before).value().spec, changed);
  EXPECT_EQ(Newest().after, "");

  EXPECT_OK(event_types().SetUnknownTypes(kAda, domain::UnknownTypes::kRefuse));
  EXPECT_EQ(Newest().action, "catalogue_settings.update");
  EXPECT_EQ(Newest().resource, "catalogue_settings");
  EXPECT_EQ(store::AuditedUnknownTypes(Newest().before).value(),
            domain::UnknownTypes::kLearn);
  EXPECT_EQ(store::AuditedUnknownTypes(Newest().after).value(),
            domain::UnknownTypes::kRefuse);
}

TEST_P(AuditContract, WhatIsLearnedIsNoChange) {
  CreateBy(kAda, "Tickets");
  event_types().LearnEventTypes(kTenant, {{"new.type", "thing"}}).value();
  EXPECT_THAT(Actions(), ElementsAre("webhook.create"));
}

TEST_P(AuditContract, OperationsAreToldOnce) {
  const store::OperationSpec spec{.filter = "state = FAILED",
                                  .webhook_id = NextWindowId(),
                                  .dry_run = true,
                                  .max_per_second = 7,
                                  .request_id = "once"};
  const auto started = operations().CreateOperation(kAda, spec).value();
  EXPECT_EQ(operations().CreateOperation(kAda, spec).value().operation_id,
            started.operation_id);
  const std::string resource = "operations/" + started.operation_id.ToString();
  EXPECT_THAT(Actions(), ElementsAre("operation.start"));
  EXPECT_EQ(Newest().resource, resource);
  EXPECT_EQ(store::AuditedOperation(resource, Newest().after).value().spec, spec);

  operations().CancelOperation(kAda, started.operation_id).value();
  EXPECT_FALSE(operations().CancelOperation(kAda, started.operation_id).ok());
  EXPECT_THAT(Actions(), ElementsAre("operation.cancel", "operation.start"));
  EXPECT_EQ(store::AuditedOperation(resource, Newest().before).value().state,
            store::OperationState::kRunning);
  const auto after = store::AuditedOperation(resource, Newest().after).value();
  EXPECT_EQ(after.state, store::OperationState::kCancelled);
  EXPECT_TRUE(after.finished_at.has_value());
}

TEST_P(AuditContract, DeliveriesThatAPersonChangedAreTold) {
  const auto webhook = CreateBy(kAda, "Tickets");
  const auto sent = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), store::DeliveryState::kFailed, 500)});
  control().Redeliver(kAda, {sent.window_id, NextWindowId()}).value();
  store::AuditEntry entry = Newest();
  EXPECT_EQ(entry.action, "delivery.redeliver");
  EXPECT_EQ(entry.resource, "deliveries/" + sent.window_id.ToString());
  EXPECT_EQ(entry.before + entry.after, "");

  EXPECT_OK(control().Cancel(kAda, sent.window_id, "by hand"));
  EXPECT_FALSE(control().Cancel(kAda, sent.window_id, "by hand").ok());
  EXPECT_THAT(Actions(),
              ElementsAre("delivery.cancel", "delivery.redeliver", "webhook.create"));
}

TEST_P(AuditContract, WindrowSignsWhatItDisables) {
  const auto webhook = CreateBy(kAda, "Gone");
  Publish(webhook);
  auto outcome = OutcomeOf(ClaimOne(webhook), store::DeliveryState::kFailed, 410);
  outcome.gone = true;
  Record({outcome});
  EXPECT_THAT(Actions(), ElementsAre("webhook.disable", "webhook.create"));
  EXPECT_EQ(Newest().actor, "windrow");
  const auto after = store::AuditedWebhook(Newest().resource, Newest().after).value();
  EXPECT_FALSE(after.spec.enabled);
  EXPECT_THAT(after.disable_reason, HasSubstr("410"));
}

TEST_P(AuditContract, TenantsSeeTheirOwn) {
  const store::TenantId other = harness().AddTenant("other");
  CreateBy({other, "api_key:eve"}, "Theirs");
  CreateBy(kAda, "Ours");
  EXPECT_EQ(Entries().size(), 1u);
  ASSERT_EQ(Entries(other).size(), 1u);
  const store::AuditEntry theirs = Entries(other)[0];
  EXPECT_EQ(audit().GetAuditEntry(other, theirs.entry_id).value().actor, "api_key:eve");
  EXPECT_EQ(audit().GetAuditEntry(kTenant, theirs.entry_id).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_P(AuditContract, EntriesGoWhenTheyAreOld) {
  const auto webhook = CreateBy(kAda, "Old");
  harness().Age(absl::Hours(24 * 10));
  Change(webhook, [](auto* w) { w->spec.name = "New"; });
  store::RetentionPolicy policy;
  policy.keep.audit = absl::Hours(24 * 11);
  retention().DropOld(policy).value();
  EXPECT_THAT(Actions(), ElementsAre("webhook.update", "webhook.create"));
  policy.keep.audit = absl::Hours(24 * 9);
  EXPECT_EQ(retention().DropOld(policy).value().erased, 1);
  EXPECT_THAT(Actions(), ElementsAre("webhook.update"));
}

std::string AnyAuditComparison(const std::vector<store::AuditEntry>& world) {
  using rc::gen::element;
  const auto equality = *element<std::string>(" = ", " != ");
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      return "actor" + equality +
             *element<std::string>("windrow", "\"api_key:*\"", "\"*:b\"", "none");
    case 1:
      return "action" + equality +
             *element<std::string>("\"webhook.create\"", "\"webhook.*\"", "\"*.update\"");
    case 2:
      return "resource" + equality + "\"" + (*rc::gen::elementOf(world)).resource + "\"";
    default: {
      const absl::Time at = (*rc::gen::elementOf(world)).at +
                            absl::Microseconds(*rc::gen::element(-1'000, -1, 0, 1, 999));
      return "at" + *element<std::string>(" < ", " >= ", " > ", " = ") + "\"" +
             absl::FormatTime(absl::RFC3339_full, at, absl::UTCTimeZone()) + "\"";
    }
  }
}

TEST_P(AuditContract, AnyFilterTakesWhatItMeansNewestFirst) {
  const Author authors[] = {kTenant, {kTenant, "api_key:a"}, {kTenant, "api_key:b"}};
  for (int i = 0; i < 4; ++i) {
    const auto webhook = CreateBy(authors[i % 3], "w" + std::to_string(i));
    harness().Tick();
    domain::WebhookSpec spec = webhook.spec;
    spec.description = "changed";
    webhooks().Update(authors[(i + 1) % 3], webhook.webhook_id, 1, spec, {}).value();
    if (i % 2 == 0) harness().Tick();
  }
  const auto world = Entries();
  ASSERT_EQ(world.size(), 8u);
  for (std::size_t i = 1; i < world.size(); ++i) {
    EXPECT_GT(world[i - 1].entry_id, world[i].entry_id);
    EXPECT_GE(world[i - 1].at, world[i].at);
  }
  EXPECT_TRUE(HoldsForAny("a list has what its filter means", [&] {
    const std::string text = AnyFilter([&] { return AnyAuditComparison(world); });
    store::AuditQuery query{.where = filter::Compile(text, store::kAuditFields).value()};
    query.limit = *rc::gen::element(1, 2, 100);
    query.examine = *rc::gen::element(1, 3, 1'000);
    std::vector<Uuid> expected, found;
    for (const auto& entry : world) {
      if (testing::Matches(query.where, entry)) expected.push_back(entry.entry_id);
    }
    for (int pages = 0; pages < 20; ++pages) {
      const auto page = audit().ListAuditEntries(kTenant, query).value();
      for (const auto& entry : page.entries) found.push_back(entry.entry_id);
      if (!page.more) break;
      RC_ASSERT(page.position.has_value());
      query.before = page.position;
    }
    RC_LOG() << text << "\n";
    RC_ASSERT(found == expected);
  }));
}

}  // namespace
}  // namespace windrow::contract
