#include "services/control_plane/publish_committer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "common/base/status.h"
#include "services/control_plane/batch_publish.h"
#include "tests/support/fake_store.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr store::TenantId kTenant = store::kDefaultTenant;

// Keeps what it is answered. Thread-safe.
class KeepingPublisher final : public Publisher {
 public:
  void Answer(std::uint64_t ticket, PublishAnswer answer) override {
    std::lock_guard lock(mutex_);
    tickets_.push_back(ticket);
    answers_.push_back(std::move(answer));
  }
  void AnswersDone() override {
    std::lock_guard lock(mutex_);
    told_ = answers_.size();
    changed_.notify_all();
  }
  void RoomAgain() override {}

  // Once AnswersDone has come for that many.
  std::vector<PublishAnswer> Wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(30),
                                  [&] { return told_ >= count; }));
    return answers_;
  }
  std::vector<std::uint64_t> tickets() {
    std::lock_guard lock(mutex_);
    return tickets_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> tickets_;
  std::vector<PublishAnswer> answers_;
  std::size_t told_ = 0;
};

class PublishCommitterTest : public ::testing::Test {
 protected:
  static QueuedEvent EventOf(const std::shared_ptr<Publisher>& publisher,
                             std::uint64_t ticket) {
    QueuedEvent queued{.tenant_id = kTenant, .publisher = publisher, .ticket = ticket};
    queued.event.type = "ticket.created";
    queued.event.object_type = "ticket";
    queued.event.object_id = "7";
    queued.event.object = "{}";
    queued.bytes = MemoryOf(queued.event);
    return queued;
  }
  static v1::Event MessageOf(const std::string& event_id) {
    v1::Event event;
    event.set_event_id(event_id);
    event.set_type("ticket.created");
    event.set_object_type("ticket");
    event.set_object_id("7");
    event.set_object("{}");
    return event;
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
};

TEST_F(PublishCommitterTest, AnEventAloneIsCommittedWithoutWaitingForOthers) {
  PublishCommitter committer(store_, store_, store_, {}, {});
  const auto publisher = std::make_shared<KeepingPublisher>();
  ASSERT_TRUE(committer.queue().Push(EventOf(publisher, 5)).ok());
  const auto answers = publisher->Wait(1);
  EXPECT_TRUE(answers[0].status.ok()) << answers[0].status;
  EXPECT_EQ(store_.GetEvent(kTenant, answers[0].escmsg_id)->event.type, "ticket.created");
  EXPECT_THAT(publisher->tickets(), ElementsAre(5));
}

TEST_F(PublishCommitterTest, EveryPublisherIsAnsweredItsOwnInOrder) {
  PublishCommitter committer(store_, store_, store_, {}, {});
  const auto one = std::make_shared<KeepingPublisher>();
  const auto two = std::make_shared<KeepingPublisher>();
  for (std::uint64_t i = 0; i < 200; ++i) {
    (void)committer.queue().Push(EventOf(i % 2 == 0 ? one : two, i));
  }
  EXPECT_THAT(one->Wait(100), SizeIs(100));
  EXPECT_THAT(two->Wait(100), SizeIs(100));
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(one->tickets()[i], 2 * i);
    EXPECT_EQ(two->tickets()[i], 2 * i + 1);
  }
}

TEST_F(PublishCommitterTest,
       AnEndAnswersWhatIsQueuedAndDoesNotWaitForADatabaseThatIsDown) {
  store_.SetDown(absl::UnavailableError("no database"));
  const auto publisher = std::make_shared<KeepingPublisher>();
  {
    CommitterOptions options;
    options.queue.batch_events = 1;
    options.retries.unavailable_wait = absl::Hours(1);
    PublishCommitter committer(store_, store_, store_, options, {});
    for (std::uint64_t i = 0; i < 10; ++i) {
      (void)committer.queue().Push(EventOf(publisher, i));
    }
  }
  const auto answers = publisher->Wait(10);
  ASSERT_THAT(answers, SizeIs(10));
  for (const auto& answer : answers) EXPECT_TRUE(absl::IsUnavailable(answer.status));
}

TEST_F(PublishCommitterTest, ABatchCallAnswersEachEventForItselfInOrder) {
  PublishCommitter committer(store_, store_, store_, {}, {});
  v1::BatchPublishEventsRequest request;
  *request.add_events() = MessageOf("a");
  request.add_events();
  *request.add_events() = MessageOf("b");
  *request.add_events() = MessageOf("a");
  v1::BatchPublishEventsResponse response;
  ASSERT_TRUE(BatchPublish(committer.queue(), {}, kTenant, &request, &response).ok());
  ASSERT_THAT(response.results(), SizeIs(4));
  EXPECT_TRUE(response.results(0).has_published());
  EXPECT_EQ(response.results(1).refused().code(), 3);
  EXPECT_TRUE(response.results(2).has_published());
  EXPECT_TRUE(response.results(3).published().duplicate());
  EXPECT_EQ(response.results(3).published().escmsg_id(),
            response.results(0).published().escmsg_id());
}

TEST_F(PublishCommitterTest, ABatchCallHasOneToAThousandEvents) {
  PublishCommitter committer(store_, store_, store_, {}, {});
  v1::BatchPublishEventsResponse response;
  v1::BatchPublishEventsRequest none;
  absl::Status status = BatchPublish(committer.queue(), {}, kTenant, &none, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ViolationsOf(status)[0].field, "events");
  v1::BatchPublishEventsRequest many;
  for (int i = 0; i < 1'000; ++i) *many.add_events() = MessageOf("");
  v1::BatchPublishEventsRequest too_many = many;
  *too_many.add_events() = MessageOf("");
  status = BatchPublish(committer.queue(), {}, kTenant, &too_many, &response);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has 1001 events"));
  EXPECT_TRUE(BatchPublish(committer.queue(), {}, kTenant, &many, &response).ok());
  EXPECT_THAT(response.results(), SizeIs(1'000));
}

TEST_F(PublishCommitterTest, ABatchCallOfBadEventsOnlyIsAnswered) {
  PublishCommitter committer(store_, store_, store_, {}, {});
  v1::BatchPublishEventsRequest request;
  request.add_events();
  v1::BatchPublishEventsResponse response;
  ASSERT_TRUE(BatchPublish(committer.queue(), {}, kTenant, &request, &response).ok());
  EXPECT_EQ(response.results(0).refused().reason(), "INVALID_FIELD");
}

TEST(BatchPublishTest, AFullQueueTakesNoBatch) {
  PublishQueue queue({.events = 1});
  (void)queue.Push({});
  v1::BatchPublishEventsRequest request;
  request.add_events();
  v1::BatchPublishEventsResponse response;
  const absl::Status status = BatchPublish(queue, {}, kTenant, &request, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "PUBLISH_QUEUE_FULL");
}

TEST(BatchPublishTest, AStoppingServerSaysSo) {
  PublishQueue queue({});
  queue.Close();
  v1::BatchPublishEventsRequest request;
  v1::Event* event = request.add_events();
  event->set_type("ticket.created");
  event->set_object_type("ticket");
  event->set_object_id("7");
  event->set_object("{}");
  v1::BatchPublishEventsResponse response;
  ASSERT_TRUE(BatchPublish(queue, {}, kTenant, &request, &response).ok());
  EXPECT_EQ(response.results(0).refused().code(), 14);
  EXPECT_EQ(response.results(0).refused().reason(), "SERVER_STOPPING");
}

}  // namespace
}  // namespace windrow::control_plane
