#include "services/control_plane/audit_mapping.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "common/store/audit_entries.h"
#include "services/control_plane/event_type_mapping.h"
#include "services/control_plane/operation_use_cases.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::Time kThen = absl::FromUnixMicros(1'700'000'000'123'456);

store::StoredWebhook Webhook() {
  store::StoredWebhook webhook{.tenant_id = 1,
                               .webhook_id = UuidV7Generator().Next(kThen),
                               .version = 3,
                               .created_at = kThen,
                               .updated_at = kThen + absl::Microseconds(7)};
  webhook.spec.name = "Tickets \"€\"";
  webhook.spec.url = "https://a.example/hook";
  webhook.spec.triggers = {{.notification_id = 4, .event_type = "ticket.created"}};
  webhook.spec.headers = {{"x-team", "a"}};
  webhook.spec.labels = {{"env", "prod"}};
  webhook.spec.has_bearer_token = true;
  webhook.secrets.bearer_token = "a-secret";
  return webhook;
}

v1::AuditEntry Shown(const store::AuditEntry& entry) {
  v1::AuditEntry proto;
  AuditEntryToProto(entry, &proto);
  return proto;
}

TEST(AuditMappingTest, AProfileIsShownAsItsOwnServiceShowsIt) {
  const store::StoredWebhook webhook = Webhook();
  store::AuditEntry entry = store::EntryOf(
      {1, "api_key:a"}, static_cast<const store::StoredWebhook*>(nullptr), &webhook);
  entry.entry_id = webhook.webhook_id;
  entry.at = kThen;
  const v1::AuditEntry proto = Shown(entry);
  v1::Webhook expected;
  WebhookToProto(webhook, &expected);
  EXPECT_TRUE(MessageDifferencer::Equals(proto.after().webhook(), expected))
      << proto.after().webhook().DebugString();
  EXPECT_FALSE(proto.has_before());
  EXPECT_EQ(proto.entry_id(), webhook.webhook_id.ToString());
  EXPECT_EQ(proto.at().nanos(), 123'456'000);
  EXPECT_EQ(proto.actor(), "api_key:a");
  EXPECT_EQ(proto.action(), "webhook.create");
  EXPECT_THAT(proto.changed_secrets(), ElementsAre("bearer_auth.token"));
  EXPECT_THAT(proto.SerializeAsString(), Not(HasSubstr("a-secret")));
}

TEST(AuditMappingTest, AnEndedOverlapIsShownAsItWas) {
  store::StoredWebhook before = Webhook();
  store::StoredWebhook after = before;
  after.secrets.signing_secret = "whsec_b";
  after.secrets.previous_signing_secret = "whsec_a";
  after.secrets.previous_valid_until = absl::FromUnixSeconds(1'000);
  const v1::AuditEntry proto = Shown(store::EntryOf(1, &before, &after));
  EXPECT_EQ(proto.action(), "webhook.rotate_secret");
  EXPECT_EQ(proto.after().webhook().previous_secret_expire_time().seconds(), 1'000);
  EXPECT_FALSE(proto.before().webhook().has_previous_secret_expire_time());
}

TEST(AuditMappingTest, OtherResourcesAreShownAsTheirServicesShowThem) {
  const store::StoredEventType type{
      .version = 2,
      .origin = store::EventTypeOrigin::kBuiltIn,
      .spec = {.name = "a.b", .object_type = "t", .key_fields = {"x"}, .example = "{}"},
      .created_at = kThen,
      .updated_at = kThen};
  v1::EventType expected_type;
  EventTypeToProto(type, &expected_type);
  v1::AuditEntry proto = Shown(store::EntryOf(1, &type, &type));
  EXPECT_TRUE(MessageDifferencer::Equals(proto.before().event_type(), expected_type));

  const store::StoredOperation operation{
      .operation_id = UuidV7Generator().Next(kThen),
      .spec = {.kind = store::OperationKind::kRecover, .filter = "state = FAILED"},
      .created_at = kThen,
      .updated_at = kThen};
  v1::Operation expected_operation;
  OperationToProto(operation, &expected_operation);
  proto = Shown(
      store::EntryOf(1, static_cast<const store::StoredOperation*>(nullptr), &operation));
  EXPECT_TRUE(MessageDifferencer::Equals(proto.after().operation(), expected_operation));

  proto = Shown(
      store::EntryOf(1, domain::UnknownTypes::kLearn, domain::UnknownTypes::kRefuse));
  EXPECT_EQ(proto.after().catalogue_settings().unknown_event_types(),
            v1::UNKNOWN_EVENT_TYPES_REFUSE);
}

// Kinds that are not known here, and what another release wrote.
TEST(AuditMappingTest, WhatCannotBeReadIsShownAsItIsStored) {
  for (const char* resource :
       {"api_keys/1", "webhooks/x", "event_types/a",
        "operations/018f0000-0000-7000-8000-000000000000",
        "webhooks/018f0000-0000-7000-8000-000000000000", "catalogue_settings"}) {
    store::AuditEntry entry{.resource = resource, .after = R"({"other":true})"};
    EXPECT_EQ(Shown(entry).after().json(), R"({"other":true})") << resource;
  }
}

}  // namespace
}  // namespace windrow::control_plane
