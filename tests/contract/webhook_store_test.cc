// What WebhookStore promises.
#include <algorithm>
#include <utility>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::int32_t> NotificationIds(const store::StoredWebhook& webhook) {
  std::vector<std::int32_t> ids;
  for (const auto& trigger : webhook.spec.triggers)
    ids.push_back(trigger.notification_id);
  return ids;
}

std::vector<std::string> Names(const store::WebhookPage& page) {
  std::vector<std::string> names;
  for (const auto& webhook : page.webhooks) names.push_back(webhook.spec.name);
  return names;
}

domain::WebhookSpec FullSpec() {
  domain::WebhookSpec spec = SpecNamed("Everything set");
  spec.description = "Zeile 1\nline 2 ✓";
  spec.has_basic_auth = true;
  spec.basic_auth_user = "halo";
  spec.headers = {{"X-Team", "ops"}, {"X-Empty", ""}};
  spec.lightweight_logs = true;
  spec.payload = domain::PayloadKind::kEventOnly;
  spec.triggers = {{.event_type = "ticket.created"},
                   {.event_type = "sla \"breached\" 🎉", .enabled = false}};
  spec.batching = {.mode = domain::BatchMode::kSameEventType,
                   .wait = absl::Seconds(3'600),
                   .max_items = 1'000};
  spec.retry.delays = {absl::ZeroDuration(), absl::Seconds(90), absl::Hours(24)};
  spec.retry.jitter = 0.5;
  spec.timeout = absl::Seconds(60);
  spec.labels = {{"env", "prod"}, {"owner", "ü"}};
  return spec;
}

TEST_P(WebhookStoreContract, CreateGivesIdVersionOneAndNotificationIds) {
  domain::WebhookSpec spec = SpecNamed("Tickets");
  spec.triggers.push_back({.event_type = "ticket.updated"});
  const auto created = Create(spec);

  EXPECT_EQ(created.tenant_id, kTenant);
  EXPECT_NE(created.webhook_id, Uuid{});
  EXPECT_EQ(created.version, 1);
  EXPECT_EQ(created.created_at, created.updated_at);
  const auto ids = NotificationIds(created);
  ASSERT_THAT(ids, SizeIs(2));
  EXPECT_GT(ids[0], 0);
  EXPECT_GT(ids[1], 0);
  EXPECT_NE(ids[0], ids[1]);
}

TEST_P(WebhookStoreContract, GetReturnsEveryFieldAsItWasSaved) {
  const domain::WebhookSpec spec = FullSpec();
  const domain::WebhookSecrets secrets{
      .signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      .basic_auth_password = "pa:ss\n\xE2\x9C\x93"};
  const auto created = webhooks().Create(kTenant, spec, secrets).value();
  const auto read = webhooks().Get(kTenant, created.webhook_id).value();

  domain::WebhookSpec expected = spec;
  expected.triggers[0].notification_id = created.spec.triggers[0].notification_id;
  expected.triggers[1].notification_id = created.spec.triggers[1].notification_id;
  EXPECT_TRUE(read.spec == expected);
  EXPECT_TRUE(read.secrets == secrets);
  EXPECT_EQ(read.version, 1);
  EXPECT_EQ(read.created_at, created.created_at);
  EXPECT_EQ(read.updated_at, created.updated_at);
  EXPECT_TRUE(queue().LoadWebhook(created.webhook_id).value().secrets == secrets);
}

TEST_P(WebhookStoreContract, UnknownIdIsNotFound) {
  const auto got = webhooks().Get(kTenant, Uuid{});
  EXPECT_EQ(got.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(got.status()), "WEBHOOK_NOT_FOUND");
  EXPECT_EQ(ReasonOf(webhooks().Update(kTenant, Uuid{}, 1, SpecNamed("x"), {}).status()),
            "WEBHOOK_NOT_FOUND");
  EXPECT_EQ(ReasonOf(webhooks().Delete(kTenant, Uuid{}, std::nullopt)),
            "WEBHOOK_NOT_FOUND");
}

TEST_P(WebhookStoreContract, AnotherTenantSeesNothingOfIt) {
  const store::TenantId other = harness().AddTenant("other");
  const auto mine = Create(SpecNamed("Mine"));

  EXPECT_EQ(ReasonOf(webhooks().Get(other, mine.webhook_id).status()),
            "WEBHOOK_NOT_FOUND");
  EXPECT_EQ(
      ReasonOf(
          webhooks().Update(other, mine.webhook_id, 1, SpecNamed("Stolen"), {}).status()),
      "WEBHOOK_NOT_FOUND");
  EXPECT_EQ(ReasonOf(webhooks().Delete(other, mine.webhook_id, std::nullopt)),
            "WEBHOOK_NOT_FOUND");
  EXPECT_THAT(webhooks().List(other, {}).value().webhooks, IsEmpty());
  EXPECT_EQ(webhooks().Get(kTenant, mine.webhook_id).value().spec.name, "Mine");
}

TEST_P(WebhookStoreContract, NamesAreUniqueWithoutRegardToCase) {
  Create(SpecNamed("Ärger im Büro"));
  Create(SpecNamed("Tickets"));
  for (const char* taken : {"ärger im büro", "ÄRGER IM BÜRO", "TICKETS", "tickets"}) {
    const auto again = webhooks().Create(kTenant, SpecNamed(taken), {});
    EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists) << taken;
    EXPECT_EQ(ReasonOf(again.status()), "WEBHOOK_NAME_TAKEN") << taken;
  }
  Create(SpecNamed("Arger im Buro"));
}

TEST_P(WebhookStoreContract, ANameIsUniqueWithinItsTenantOnly) {
  Create(SpecNamed("Tickets"));
  const store::TenantId other = harness().AddTenant("other");
  EXPECT_EQ(Create(SpecNamed("Tickets"), other).tenant_id, other);
}

TEST_P(WebhookStoreContract, ARenameMayNotTakeAnothersNameButMayChangeItsOwnCase) {
  const auto first = Create(SpecNamed("First"));
  const auto second = Create(SpecNamed("Second"));
  domain::WebhookSpec spec = second.spec;
  spec.name = "FIRST";
  const auto taken =
      webhooks().Update(kTenant, second.webhook_id, 1, spec, second.secrets);
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(taken.status()), "WEBHOOK_NAME_TAKEN");
  EXPECT_EQ(webhooks().Get(kTenant, second.webhook_id).value().version, 1);

  spec.name = "SECOND";
  EXPECT_EQ(Update(second, spec).spec.name, "SECOND");
}

TEST_P(WebhookStoreContract, ADeletedWebhooksNameIsFreeAgain) {
  const auto gone = Create(SpecNamed("Tickets"));
  EXPECT_OK(webhooks().Delete(kTenant, gone.webhook_id, std::nullopt));
  EXPECT_NE(Create(SpecNamed("tickets")).webhook_id, gone.webhook_id);
}

TEST_P(WebhookStoreContract, UpdateReplacesAndRaisesTheVersionByOne) {
  const auto created = Create(SpecNamed("Before"));
  harness().Tick();
  domain::WebhookSpec spec = created.spec;
  spec.name = "After";
  spec.url = "https://other.example/";
  const auto updated =
      webhooks()
          .Update(kTenant, created.webhook_id, 1, spec, {.signing_secret = "whsec_bmV3"})
          .value();
  EXPECT_EQ(updated.version, 2);
  EXPECT_EQ(updated.created_at, created.created_at);
  EXPECT_GT(updated.updated_at, created.updated_at);

  const auto read = webhooks().Get(kTenant, created.webhook_id).value();
  EXPECT_EQ(read.version, 2);
  EXPECT_TRUE(read.spec == spec);
  EXPECT_EQ(read.secrets.signing_secret, "whsec_bmV3");
  EXPECT_EQ(read.updated_at, updated.updated_at);
}

TEST_P(WebhookStoreContract, AnUpdateOfAnOldVersionIsAborted) {
  const auto created = Create(SpecNamed("Tickets"));
  Update(created, created.spec);
  for (const std::int32_t expected : {1, 3}) {
    const auto late = webhooks().Update(kTenant, created.webhook_id, expected,
                                        SpecNamed("Lost"), created.secrets);
    EXPECT_EQ(late.status().code(), absl::StatusCode::kAborted);
    EXPECT_EQ(ReasonOf(late.status()), "ETAG_MISMATCH");
  }
  EXPECT_EQ(webhooks().Get(kTenant, created.webhook_id).value().spec.name, "Tickets");
}

TEST_P(WebhookStoreContract, NotificationIdsAreKeptAndNewTriggersGetNewOnes) {
  domain::WebhookSpec spec = SpecNamed("Tickets");
  spec.triggers.push_back({.event_type = "ticket.updated"});
  const auto created = Create(spec);
  const auto neighbour = Create(SpecNamed("Neighbour"));

  spec = created.spec;
  spec.triggers = {{.event_type = "ticket.closed"}, created.spec.triggers[1]};
  const auto updated = Update(created, spec);

  const auto ids = NotificationIds(updated);
  EXPECT_EQ(ids.at(1), NotificationIds(created).at(1));
  EXPECT_GT(ids.at(0), NotificationIds(neighbour).at(0));
  EXPECT_EQ(NotificationIds(webhooks().Get(kTenant, created.webhook_id).value()), ids);
}

TEST_P(WebhookStoreContract, ListIsNewestFirstAndPages) {
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    Create(SpecNamed(name));
    harness().Tick();
  }
  const auto first = webhooks().List(kTenant, {.limit = 2}).value();
  EXPECT_THAT(Names(first), ElementsAre("e", "d"));
  EXPECT_TRUE(first.more);
  const auto second =
      webhooks().List(kTenant, {.before = first.position, .limit = 2}).value();
  EXPECT_THAT(Names(second), ElementsAre("c", "b"));
  EXPECT_TRUE(second.more);
  const auto third =
      webhooks().List(kTenant, {.before = second.position, .limit = 2}).value();
  EXPECT_THAT(Names(third), ElementsAre("a"));
  EXPECT_FALSE(third.more);
  EXPECT_FALSE(webhooks().List(kTenant, {.limit = 5}).value().more);
}

TEST_P(WebhookStoreContract, ADeletedWebhookIsGoneForUsersAndKeptForSenders) {
  const auto created = Create(SpecNamed("Tickets"));
  EXPECT_OK(webhooks().Delete(kTenant, created.webhook_id, 1));

  EXPECT_EQ(ReasonOf(webhooks().Get(kTenant, created.webhook_id).status()),
            "WEBHOOK_NOT_FOUND");
  EXPECT_THAT(webhooks().List(kTenant, {}).value().webhooks, IsEmpty());
  EXPECT_EQ(ReasonOf(webhooks().Delete(kTenant, created.webhook_id, std::nullopt)),
            "WEBHOOK_NOT_FOUND");

  const auto kept = queue().LoadWebhook(created.webhook_id).value();
  EXPECT_EQ(kept.spec.name, "Tickets");
  EXPECT_EQ(kept.secrets.signing_secret, "whsec_c2VjcmV0");
  const auto heads = queue().ReadHeads({created.webhook_id}).value();
  ASSERT_THAT(heads, SizeIs(1));
  EXPECT_FALSE(heads[0].enabled);
}

TEST_P(WebhookStoreContract, DeleteOfAnOldVersionIsAborted) {
  const auto created = Create(SpecNamed("Tickets"));
  Update(created, created.spec);
  const absl::Status late = webhooks().Delete(kTenant, created.webhook_id, 1);
  EXPECT_EQ(late.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(late), "ETAG_MISMATCH");
  EXPECT_OK(webhooks().Delete(kTenant, created.webhook_id, 2));
}

TEST_P(WebhookStoreContract, EveryChangeRaisesTheConfigVersionOfItsTenantOnly) {
  const store::TenantId other = harness().AddTenant("other");
  const std::int64_t others = ConfigVersion(other);
  std::int64_t before = ConfigVersion();
  const auto raised = [&] {
    return ConfigVersion() > std::exchange(before, ConfigVersion());
  };
  const auto created = Create(SpecNamed("Tickets"));
  EXPECT_TRUE(raised());
  Update(created, created.spec);
  EXPECT_TRUE(raised());
  EXPECT_OK(webhooks().Delete(kTenant, created.webhook_id, std::nullopt));
  EXPECT_TRUE(raised());
  EXPECT_EQ(ConfigVersion(other), others);
}

TEST_P(WebhookStoreContract, TheMatchTableHoldsTheEnabledWebhooks) {
  const auto active = Create(BatchingSpec("Active"));
  domain::WebhookSpec spec = SpecNamed("Disabled");
  spec.enabled = false;
  Create(spec);
  const auto gone = Create(SpecNamed("Gone"));
  EXPECT_OK(webhooks().Delete(kTenant, gone.webhook_id, std::nullopt));
  Create(SpecNamed("Other tenant's"), harness().AddTenant("other"));

  const auto table = webhooks().LoadMatchTable(kTenant).value();
  std::vector<domain::Match> matches;
  table->Find({.type = "ticket.created"}, "", &matches);
  ASSERT_THAT(matches, SizeIs(1));
  EXPECT_EQ(matches[0].notification_id, active.spec.triggers[0].notification_id);
  EXPECT_EQ(matches[0].webhook->webhook_id, active.webhook_id);
  EXPECT_EQ(matches[0].webhook->version, 1);
  EXPECT_EQ(matches[0].webhook->format.kind, domain::PayloadKind::kSmall);
  EXPECT_TRUE(matches[0].webhook->batching == active.spec.batching);
}

TEST_P(WebhookStoreContract, EveryVersionsSpecIsKept) {
  const auto created = Create(SpecNamed("One"));
  domain::WebhookSpec spec = created.spec;
  spec.name = "Two";
  Update(created, spec);
  EXPECT_EQ(queue().LoadVersion(created.webhook_id, 1).value().name, "One");
  EXPECT_EQ(queue().LoadVersion(created.webhook_id, 2).value().name, "Two");
  EXPECT_EQ(queue().LoadVersion(created.webhook_id, 3).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_P(WebhookStoreContract, HeadsTellVersionAndWhetherItMaySend) {
  const auto active = Create(SpecNamed("Active"));
  const auto disabled = Create(SpecNamed("Disabled"));
  domain::WebhookSpec spec = disabled.spec;
  spec.enabled = false;
  Update(disabled, spec);

  auto heads =
      queue().ReadHeads({active.webhook_id, Uuid{}, disabled.webhook_id}).value();
  ASSERT_THAT(heads, SizeIs(2));
  std::sort(heads.begin(), heads.end(),
            [](const auto& a, const auto& b) { return a.version < b.version; });
  EXPECT_EQ(heads[0].webhook_id, active.webhook_id);
  EXPECT_EQ(heads[0].version, 1);
  EXPECT_TRUE(heads[0].enabled);
  EXPECT_EQ(heads[1].webhook_id, disabled.webhook_id);
  EXPECT_EQ(heads[1].version, 2);
  EXPECT_FALSE(heads[1].enabled);
}

}  // namespace
}  // namespace windrow::contract
