// Which items go together, and when.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "services/control_plane/batch_publish.h"
#include "tests/semantics/semantics_fixture.h"

namespace windrow::semantics {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class Batching : public SemanticsTest {
 protected:
  static v1::Webhook Grouping(int max_items, int wait_seconds) {
    v1::Webhook webhook = NewWebhook();
    webhook.mutable_batching()->set_mode(v1::BATCH_MODE_ANY);
    webhook.mutable_batching()->set_max_items(max_items);
    webhook.mutable_batching()->mutable_wait()->set_seconds(wait_seconds);
    return webhook;
  }
  std::vector<int> SizesDue(const store::StoredWebhook& webhook) {
    std::vector<int> sizes;
    for (const Sent& sent : SendDue(webhook)) sizes.push_back(sent.items);
    return sizes;
  }
};

TEST_F(Batching, Case17_FullWindowsGoAtOnceAndTheRestAtTheWait) {
  const auto saved = Save(Grouping(10, 30));
  Publish(std::vector(25, Updated("{}")));
  EXPECT_THAT(SizesDue(saved), ElementsAre(10, 10));
  Pass(absl::Seconds(30) - absl::Milliseconds(1));
  EXPECT_THAT(SizesDue(saved), IsEmpty());
  Pass(absl::Milliseconds(1));
  EXPECT_THAT(SizesDue(saved), ElementsAre(5));
}

TEST_F(Batching, Case18_OneItemIsAnArrayOfOne) {
  const auto saved = Save(Grouping(10, 1));
  Publish({Updated("{}")});
  Pass(absl::Seconds(1));
  const auto sent = SendDue(saved);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_THAT(sent[0].body, StartsWith("[{"));
  EXPECT_THAT(sent[0].body, EndsWith("}]"));
}

TEST_F(Batching, Case19_AnotherWaitClosesTheOpenWindowAtOnce) {
  const auto saved = Save(Grouping(10, 300));
  Publish({Updated("{}")});
  EXPECT_THAT(SizesDue(saved), IsEmpty());
  domain::WebhookSpec spec = saved.spec;
  spec.batching.wait = absl::Seconds(5);
  Change(saved, spec);
  EXPECT_THAT(SizesDue(saved), ElementsAre(1));
}

TEST_F(Batching, Case20_AnHourIsAnHourFromTheFirstItem) {
  Pass(absl::Minutes(17));  // not on the hour
  const auto saved = Save(Grouping(10, 3'600));
  Publish({Updated("{}")});
  Pass(absl::Minutes(59));
  Publish({Updated("{}")});
  Pass(absl::Minutes(1) - absl::Milliseconds(1));
  EXPECT_THAT(SizesDue(saved), IsEmpty());
  Pass(absl::Milliseconds(1));
  EXPECT_THAT(SizesDue(saved), ElementsAre(2));
}

TEST_F(Batching, Case21_AtMostOneItemIsStillAnArray) {
  const auto saved = Save(Grouping(1, 30));
  Publish(std::vector(3, Updated("{}")));
  const auto sent = SendDue(saved);
  ASSERT_THAT(sent, SizeIs(3));
  for (const Sent& one : sent) EXPECT_THAT(one.body, StartsWith("[{"));
}

TEST_F(Batching, Case22_WindowsCloseAtOneMebibyte) {
  const auto saved = Save(Grouping(1'000, 30));
  std::vector<v1::Event> events;
  for (int i = 0; i < 100; ++i) {
    events.push_back(Updated(
        fmt::format(R"({{"n":{},"text":"{}"}})", 100 + i, std::string(50 << 10, 'x'))));
  }
  Publish(events);
  Pass(absl::Seconds(30));
  const auto sent = SendDue(saved);
  int items = 0;
  std::string all;
  for (const Sent& one : sent) {
    EXPECT_LE(one.body.size(), 1u << 20);
    items += one.items;
    all += one.body;
  }
  EXPECT_EQ(items, 100);
  std::size_t at = 0;
  for (int i = 0; i < 100; ++i) {
    const std::size_t next = all.find(fmt::format(R"("n":{},)", 100 + i));
    ASSERT_NE(next, std::string::npos);
    EXPECT_GE(next, at);
    at = next;
  }
}

TEST_F(Batching, Case23_EachRuleThatBatchingBreaksIsAViolationOfItsOwn) {
  v1::Webhook webhook = Grouping(10, 30);
  webhook.set_payload(v1::PAYLOAD_KIND_FULL);
  webhook.set_type(v1::WEBHOOK_TYPE_SLACK);
  webhook.set_method(v1::HTTP_METHOD_GET);
  EXPECT_THAT(Refusals(webhook),
              ::testing::UnorderedElementsAre(
                  HasSubstr("webhook.batching.mode: batching is not for payload FULL"),
                  HasSubstr("webhook.batching.mode: batching is not for type SLACK"),
                  HasSubstr("webhook.method: type SLACK is sent by POST only")));
}

TEST_F(Batching, Case24_TenThousandItemsAreOneHundredFullRequestsInOrder) {
  const auto saved = Save(Grouping(100, 3'600));
  for (int i = 0; i < 10; ++i) Publish(std::vector(1'000, Updated("{}")));
  const std::vector<int> sizes = SizesDue(saved);
  EXPECT_THAT(sizes, SizeIs(100));
  EXPECT_THAT(sizes, Each(100));
}

TEST_F(Batching, Case25_TwoServersFillOneWindowWithoutOverfillingIt) {
  const auto saved = Save(Grouping(7, 30));
  control_plane::PublishCommitter other(store_, store_, store_, {}, {});
  const auto publish = [](control_plane::PublishQueue& queue) {
    for (int i = 0; i < 50; ++i) {
      std::vector<absl::StatusOr<domain::Event>> events;
      for (int n = 0; n < 3; ++n) {
        v1::Event event = Updated("{}");
        events.push_back(control_plane::TakeEvent(&event));
      }
      for (const auto& answer :
           control_plane::PublishAndWait(queue, 1, std::move(events))) {
        EXPECT_TRUE(answer.status.ok()) << answer.status;
      }
    }
  };
  std::thread second([&] { publish(other.queue()); });
  publish(committer_.queue());
  second.join();
  Pass(absl::Seconds(30));
  int items = 0;
  for (const int size : SizesDue(saved)) {
    EXPECT_LE(size, 7);
    items += size;
  }
  EXPECT_EQ(items, 300);
}

}  // namespace
}  // namespace windrow::semantics
