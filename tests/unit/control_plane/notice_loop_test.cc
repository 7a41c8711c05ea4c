#include "services/control_plane/notice_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/domain/event.h"
#include "services/control_plane/publish_committer.h"
#include "tests/support/fake_store.h"

namespace windrow::control_plane {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

store::Notice SomeNotice() {
  return {.notice_id = 1,
          .tenant_id = 1,
          .webhook_id = *Uuid::Parse("0192f0c4-0000-7000-8000-0000000000ab"),
          .webhook_version = 7,
          .webhook_name = "Tickets \"to\" CRM",
          .reason = "the endpoint answered 410 (gone)",
          .created_at = absl::FromUnixSeconds(1'800'000'000)};
}

TEST(NoticeEventTest, IsAValidEventAboutTheWebhook) {
  const domain::Event event = ToEvent(SomeNotice());
  EXPECT_TRUE(domain::Validate(event).ok()) << domain::Validate(event);
  EXPECT_EQ(event.type, "windrow.webhook.disabled");
  EXPECT_EQ(event.event_id,
            "windrow.webhook.disabled/0192f0c4-0000-7000-8000-0000000000ab/7");
  EXPECT_EQ(event.object, R"x({"id":"0192f0c4-0000-7000-8000-0000000000ab",)x"
                          R"x("name":"Tickets \"to\" CRM","enabled":false,)x"
                          R"x("reason":"the endpoint answered 410 (gone)"})x");
}

class NoticeLoopTest : public ::testing::Test {
 protected:
  // A webhook that its endpoint's 410 has disabled.
  void DisableOne() {
    domain::WebhookSpec spec;
    spec.name = "Tickets";
    spec.url = "https://example.com/";
    spec.triggers = {{0, "ticket.created"}};
    spec.auto_disable.consecutive_failures = 1;
    const auto webhook = store_.Create(1, spec, {}).value();
    store::Outcome outcome{.window_id = webhook.webhook_id,
                           .tenant_id = 1,
                           .webhook_id = webhook.webhook_id,
                           .gone = true};
    outcome.attempt.emplace();
    store_.Record({outcome}).value();
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  metrics::Registry registry_;
  PublishCommitter committer_{store_, store_, store_, {}, PublishMetrics::In(registry_)};
  NoticeLoop loop_{store_, committer_.queue(), absl::Seconds(1)};
};

TEST_F(NoticeLoopTest, ANoticeBecomesOneEventAndIsForgotten) {
  DisableOne();
  ASSERT_THAT(store_.ListNotices(10).value(), SizeIs(1));
  EXPECT_TRUE(loop_.RunOnce().ok());
  EXPECT_THAT(store_.ListNotices(10).value(), IsEmpty());
  EXPECT_TRUE(loop_.RunOnce().ok());
  const auto events = store_.ListEvents(1, {}).value().events;
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].event.type, "windrow.webhook.disabled");
}

TEST_F(NoticeLoopTest, WhatCannotBePublishedStays) {
  DisableOne();
  store_.FailNextCommit(absl::InternalError("no luck"), /*applied=*/false);
  EXPECT_FALSE(loop_.RunOnce().ok());
  EXPECT_THAT(store_.ListNotices(10).value(), SizeIs(1));
  EXPECT_TRUE(loop_.RunOnce().ok());
  EXPECT_THAT(store_.ListNotices(10).value(), IsEmpty());
}

}  // namespace
}  // namespace windrow::control_plane
