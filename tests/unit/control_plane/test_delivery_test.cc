#include "services/control_plane/test_delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "common/domain/event.h"
#include "tests/support/fake_store.h"

namespace windrow::control_plane {
namespace {

using ::testing::SizeIs;

class SendTestTest : public ::testing::Test {
 protected:
  store::StoredWebhook Create(bool enabled = true) {
    domain::WebhookSpec spec;
    spec.name = "To \"CRM\"";
    spec.url = "https://example.com/";
    spec.payload = domain::PayloadKind::kSmall;
    spec.batching.mode = domain::BatchMode::kAny;
    spec.triggers = {{0, "ticket.created"}};
    spec.enabled = enabled;
    return store_.Create(1, spec, {}).value();
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
};

TEST_F(SendTestTest, MakesOneDeliveryOfAnEventThatSaysThatItIsATest) {
  const auto webhook = Create();
  EXPECT_TRUE(domain::Validate(TestEventOf(webhook)).ok());
  const auto id = SendTest(store_, store_, 1, webhook.webhook_id);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto delivery = store_.GetDelivery(1, *id, false).value();
  EXPECT_EQ(delivery.state, store::DeliveryState::kPending);  // it waits for no batch
  ASSERT_THAT(delivery.items, SizeIs(1));
  EXPECT_EQ(delivery.items[0].event_type, "windrow.webhook.test");
  EXPECT_EQ(delivery.items[0].ref.notification_id,
            webhook.spec.triggers[0].notification_id);
}

TEST_F(SendTestTest, ADisabledOrUnknownWebhookIsRefused) {
  EXPECT_EQ(ReasonOf(SendTest(store_, store_, 1, Create(false).webhook_id).status()),
            "WEBHOOK_DISABLED");
  EXPECT_EQ(ReasonOf(SendTest(store_, store_, 1, Uuid()).status()), "WEBHOOK_NOT_FOUND");
}

}  // namespace
}  // namespace windrow::control_plane
