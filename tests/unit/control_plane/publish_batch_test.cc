#include "services/control_plane/publish_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "tests/support/fake_store.h"
#include "tests/unit/control_plane/spoiled_events.h"

namespace windrow::control_plane {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr store::TenantId kTenant = store::kDefaultTenant;

domain::Event EventOf(std::string event_id, std::string type = "ticket.created") {
  domain::Event event;
  event.event_id = std::move(event_id);
  event.type = std::move(type);
  event.object_type = "ticket";
  event.object_id = "7";
  event.object = R"({"id":7})";
  return event;
}

class BatchCommitterTest : public ::testing::Test {
 protected:
  store::StoredWebhook CreateWebhook(const std::string& name,
                                     store::TenantId tenant = kTenant) {
    domain::WebhookSpec spec;
    spec.name = name;
    spec.url = "https://example.com/";
    spec.payload = domain::PayloadKind::kSmall;
    spec.triggers = {{.event_type = "ticket.created"}};
    return store_.Create(tenant, spec, {.signing_secret = "whsec_x"}).value();
  }

  std::vector<PublishAnswer> Commit(const std::vector<domain::Event>& events) {
    std::vector<BatchEvent> batch;
    for (const domain::Event& event : events) batch.push_back({kTenant, &event});
    return committer_.Commit(batch);
  }

  std::vector<std::int64_t> Stored(store::TenantId tenant = kTenant) {
    std::vector<std::int64_t> numbers;
    const auto page = store_.ListEvents(tenant, {.limit = 1'000}).value();
    for (const auto& event : page.events) numbers.push_back(event.escmsg_id);
    return numbers;
  }

  std::size_t Deliveries() {
    return store_.ListDeliveries(kTenant, {.limit = 1'000}).value().deliveries.size();
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  SpoiledEvents events_{store_};
  std::vector<absl::Duration> slept_;
  BatchCommitter committer_{
      events_, store_, store_, {}, [this](absl::Duration d) { slept_.push_back(d); }};
};

TEST_F(BatchCommitterTest, AnswersInOrderWithGrowingNumbersAndMatches) {
  CreateWebhook("One");
  CreateWebhook("Two");
  const auto answers = Commit({EventOf(""), EventOf("", "ticket.closed"), EventOf("")});
  ASSERT_THAT(answers, SizeIs(3));
  for (const PublishAnswer& answer : answers) EXPECT_TRUE(answer.status.ok());
  EXPECT_LT(answers[0].escmsg_id, answers[1].escmsg_id);
  EXPECT_LT(answers[1].escmsg_id, answers[2].escmsg_id);
  EXPECT_EQ(answers[0].matched, 2);
  EXPECT_EQ(answers[1].matched, 0);
  EXPECT_EQ(answers[2].matched, 2);
  EXPECT_EQ(Deliveries(), 4u);
  EXPECT_EQ(events_.begun(), 1);
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(BatchCommitterTest, NothingIsNothing) { EXPECT_THAT(Commit({}), IsEmpty()); }

TEST_F(BatchCommitterTest, ARepeatWithinABatchIsADuplicateOfTheFirst) {
  CreateWebhook("One");
  const auto answers =
      Commit({EventOf("a"), EventOf("b"), EventOf("a"), EventOf("a", "ticket.closed")});
  EXPECT_FALSE(answers[0].duplicate);
  EXPECT_FALSE(answers[1].duplicate);
  for (const int repeat : {2, 3}) {
    EXPECT_TRUE(answers[repeat].duplicate);
    EXPECT_EQ(answers[repeat].escmsg_id, answers[0].escmsg_id);
    EXPECT_EQ(answers[repeat].matched, 0);
  }
  EXPECT_THAT(Stored(), SizeIs(2));
  EXPECT_EQ(Deliveries(), 2u);
}

TEST_F(BatchCommitterTest, ARepeatOfAnEarlierBatchIsADuplicateOfItsFirst) {
  CreateWebhook("One");
  const std::int64_t first = Commit({EventOf("a")})[0].escmsg_id;
  const auto answers = Commit({EventOf("b"), EventOf("a"), EventOf("a")});
  EXPECT_FALSE(answers[0].duplicate);
  EXPECT_NE(answers[0].escmsg_id, first);
  for (const int repeat : {1, 2}) {
    EXPECT_TRUE(answers[repeat].duplicate);
    EXPECT_EQ(answers[repeat].escmsg_id, first);
  }
  EXPECT_EQ(Deliveries(), 2u);
}

TEST_F(BatchCommitterTest, EventsWithoutAnIdNeverRepeatEachOther) {
  Commit({EventOf(""), EventOf("")});
  Commit({EventOf("")});
  EXPECT_THAT(Stored(), SizeIs(3));
}

TEST_F(BatchCommitterTest, TheSameIdOfTwoTenantsIsTwoEvents) {
  const store::TenantId other = store_.AddTenant();
  CreateWebhook("Theirs", other);
  const domain::Event event = EventOf("a");
  const auto answers =
      committer_.Commit(std::vector<BatchEvent>{{kTenant, &event}, {other, &event}});
  EXPECT_FALSE(answers[0].duplicate);
  EXPECT_FALSE(answers[1].duplicate);
  EXPECT_EQ(answers[0].matched, 0);
  EXPECT_EQ(answers[1].matched, 1);
  EXPECT_THAT(Stored(), SizeIs(1));
  EXPECT_THAT(Stored(other), SizeIs(1));
}

TEST_F(BatchCommitterTest, AWebhookOfAMomentAgoMatches) {
  EXPECT_EQ(Commit({EventOf("")})[0].matched, 0);
  CreateWebhook("One");
  EXPECT_EQ(Commit({EventOf("")})[0].matched, 1);
  const auto webhook = CreateWebhook("Two");
  EXPECT_EQ(Commit({EventOf("")})[0].matched, 2);
  ASSERT_TRUE(store_.Delete(kTenant, webhook.webhook_id, {}).ok());
  EXPECT_EQ(Commit({EventOf("")})[0].matched, 1);
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(BatchCommitterTest, ProfilesThatChangeForeverEndTheTries) {
  events_.always_stale = true;
  const auto answers = Commit({EventOf("a"), EventOf("b")});
  for (const PublishAnswer& answer : answers) {
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_EQ(events_.begun(), 20);
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(BatchCommitterTest, AnAbortedTransactionIsTriedAgain) {
  CreateWebhook("One");
  events_.commits.assign(9, absl::AbortedError("another took the key"));
  const auto answers = Commit({EventOf("a"), EventOf("")});
  EXPECT_TRUE(answers[0].status.ok()) << answers[0].status;
  EXPECT_EQ(answers[0].matched, 1);
  EXPECT_EQ(events_.begun(), 10);
  EXPECT_THAT(slept_, SizeIs(9));
  EXPECT_THAT(Stored(), SizeIs(2));
  EXPECT_EQ(Deliveries(), 2u);
}

TEST_F(BatchCommitterTest, ATransactionThatIsAlwaysAbortedIsUnavailable) {
  events_.commits.assign(100, absl::AbortedError("another took the key"));
  const auto answers = Commit({EventOf("a"), EventOf("b")});
  EXPECT_EQ(answers[0].status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(events_.begun(), 10);
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(BatchCommitterTest, ADatabaseThatComesBackTakesTheBatch) {
  events_.begins.assign(2, absl::UnavailableError("no connection"));
  events_.commits.assign(2, absl::ResourceExhaustedError("no room"));
  const auto answers = Commit({EventOf("a"), EventOf("b")});
  EXPECT_TRUE(answers[0].status.ok()) << answers[0].status;
  EXPECT_EQ(events_.begun(), 5);
  EXPECT_THAT(Stored(), SizeIs(2));
}

TEST_F(BatchCommitterTest, ADatabaseThatStaysAwayIsGivenUpAfterBoundedTries) {
  store_.SetDown(WithReason(absl::UnavailableError("disk full"), "DATABASE_FULL"));
  const auto answers = Commit({EventOf("a"), EventOf("b"), EventOf("c")});
  for (const PublishAnswer& answer : answers) {
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(answer.status), "DATABASE_FULL");
  }
  // 50, 100, 200, 400 ms, each spread by half.
  ASSERT_THAT(slept_, SizeIs(4));
  for (int i = 0; i < 4; ++i) {
    EXPECT_GE(slept_[i], absl::Milliseconds(25 << i));
    EXPECT_LE(slept_[i], absl::Milliseconds(75 << i));
  }
  store_.SetDown(absl::OkStatus());
  EXPECT_TRUE(Commit({EventOf("a")})[0].status.ok());
}

TEST_F(BatchCommitterTest, AnUnknownOutcomeIsAnsweredAndNotTriedAgain) {
  const absl::Status lost =
      WithReason(absl::UnknownError("the answer was lost"), "COMMIT_OUTCOME_UNKNOWN");
  store_.FailNextCommit(lost, /*applied=*/true);
  auto answers = Commit({EventOf("a"), EventOf("")});
  for (const PublishAnswer& answer : answers) {
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnknown);
    EXPECT_EQ(ReasonOf(answer.status), "COMMIT_OUTCOME_UNKNOWN");
  }
  EXPECT_EQ(events_.begun(), 1);
  EXPECT_THAT(slept_, IsEmpty());

  answers = Commit({EventOf("a")});
  EXPECT_TRUE(answers[0].duplicate);
  EXPECT_THAT(Stored(), SizeIs(2));
}

TEST_F(BatchCommitterTest, OnlyThePoisonedEventIsRefused) {
  CreateWebhook("One");
  std::vector<domain::Event> events;
  for (int i = 0; i < 100; ++i) events.push_back(EventOf("e" + std::to_string(i)));
  events_.is_poison = [](const domain::Event& e) { return e.event_id == "e37"; };
  const auto answers = Commit(events);
  for (int i = 0; i < 100; ++i) {
    if (i == 37) continue;
    EXPECT_TRUE(answers[i].status.ok()) << i << ": " << answers[i].status;
  }
  EXPECT_EQ(answers[37].status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ReasonOf(answers[37].status), "EVENT_REFUSED");
  EXPECT_EQ(answers[37].status.message(), "the database refused this event");
  EXPECT_THAT(Stored(), SizeIs(99));
  EXPECT_EQ(Deliveries(), 99u);
  EXPECT_LE(events_.begun(), 15);  // halving: 1 + 2 × log2(100)
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(BatchCommitterTest, APoisonedEventThatIsInvalidIsThePublishersToMend) {
  events_.is_poison = [](const domain::Event&) { return true; };
  events_.poisoned = absl::InvalidArgumentError("bytes of the event: secret");
  const auto answers = Commit({EventOf("a"), EventOf("b")});
  for (const PublishAnswer& answer : answers) {
    EXPECT_EQ(answer.status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(answer.status), "EVENT_REFUSED");
    EXPECT_EQ(answer.status.message(), "the database refused this event");
  }
}

TEST_F(BatchCommitterTest, ARepeatOfAPoisonedEventIsRefusedWithIt) {
  events_.is_poison = [](const domain::Event& e) { return e.event_id == "bad"; };
  const auto answers = Commit({EventOf("bad"), EventOf("good"), EventOf("bad")});
  EXPECT_FALSE(answers[0].status.ok());
  EXPECT_TRUE(answers[1].status.ok());
  EXPECT_FALSE(answers[2].status.ok());
  EXPECT_THAT(Stored(), ElementsAre(answers[1].escmsg_id));
}

TEST_F(BatchCommitterTest, AnotherServersEventOfTheSameMomentIsTheFirst) {
  BatchCommitter other(store_, store_, store_, {}, [](absl::Duration) {});
  const domain::Event theirs = EventOf("a");
  std::int64_t first = 0;
  events_.before_commit = [&] {
    if (first != 0) return;
    first = other.Commit(std::vector<BatchEvent>{{kTenant, &theirs}})[0].escmsg_id;
  };
  const auto answers = Commit({EventOf("a"), EventOf("b")});
  EXPECT_TRUE(answers[0].duplicate);
  EXPECT_EQ(answers[0].escmsg_id, first);
  EXPECT_FALSE(answers[1].duplicate);
  EXPECT_TRUE(answers[1].status.ok());
  EXPECT_THAT(Stored(), SizeIs(2));
}

TEST_F(BatchCommitterTest, ATenantThatIsUnknownFailsOnlyItsOwnEvents) {
  const domain::Event event = EventOf("");
  const auto answers = committer_.Commit(
      std::vector<BatchEvent>{{kTenant, &event}, {77, &event}, {kTenant, &event}});
  EXPECT_TRUE(answers[0].status.ok());
  EXPECT_FALSE(answers[1].status.ok());
  EXPECT_TRUE(answers[2].status.ok());
}

}  // namespace
}  // namespace windrow::control_plane
