// What publishing does with event types: known ones, learned ones, refused ones.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "services/control_plane/publish_batch.h"
#include "tests/support/fake_store.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using domain::UnknownTypes;

constexpr store::TenantId kTenant = store::kDefaultTenant;

domain::Event EventOf(std::string type, std::string event_id = "") {
  domain::Event event;
  event.event_id = std::move(event_id);
  event.type = std::move(type);
  event.object_type = "order";
  event.object_id = "7";
  event.object = R"({"id":7,"total":1.10})";
  return event;
}

class PublishTypesTest : public ::testing::Test {
 protected:
  std::vector<PublishAnswer> Commit(const std::vector<domain::Event>& events) {
    std::vector<BatchEvent> batch;
    for (const domain::Event& event : events) batch.push_back({kTenant, &event});
    return committer_.Commit(batch);
  }
  PublishAnswer CommitOne(const domain::Event& event) { return Commit({event}).at(0); }

  void Refuse() {
    ASSERT_TRUE(store_.SetUnknownTypes(kTenant, UnknownTypes::kRefuse).ok());
  }
  // Leaves no room for learned types.
  void FillCatalogue() {
    std::vector<store::SeenEventType> seen;
    for (int i = 0; i < domain::kMaxLearnedEventTypes; ++i) {
      seen.push_back({fmt::format("made.up.{}", i), "thing"});
    }
    ASSERT_TRUE(store_.LearnEventTypes(kTenant, seen).ok());
  }
  store::EventTypeOrigin OriginOf(const std::string& name) {
    return store_.GetEventType(kTenant, name).value().origin;
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  BatchCommitter committer_{store_, store_, store_, {}, [](absl::Duration) {}};
};

TEST_F(PublishTypesTest, ANewTypeIsLearnedOnce) {
  const auto answers = Commit({EventOf("order.paid"), EventOf("ticket.created"),
                               EventOf("order.paid"), EventOf("order.sent")});
  for (const PublishAnswer& answer : answers) EXPECT_TRUE(answer.status.ok());
  EXPECT_EQ(store_.learn_calls(), 1);
  EXPECT_EQ(OriginOf("order.paid"), store::EventTypeOrigin::kLearned);
  EXPECT_EQ(store_.GetEventType(kTenant, "order.sent")->spec.object_type, "order");
  for (int i = 0; i < 20; ++i) CommitOne(EventOf("order.paid"));
  EXPECT_EQ(store_.learn_calls(), 1);
}

TEST_F(PublishTypesTest, KnownTypesAreNotAskedFor) {
  for (int i = 0; i < 20; ++i) {
    Commit(std::vector<domain::Event>(500, EventOf("ticket.created")));
  }
  EXPECT_EQ(store_.learn_calls(), 0);
}

TEST_F(PublishTypesTest, ATypeThatAnotherServerLearnedIsKnown) {
  BatchCommitter other(store_, store_, store_, {}, [](absl::Duration) {});
  CommitOne(EventOf("ticket.created"));  // both have their tables by now
  const domain::Event paid = EventOf("order.paid");
  EXPECT_TRUE(other.Commit(std::vector<BatchEvent>{{kTenant, &paid}})[0].status.ok());
  EXPECT_TRUE(CommitOne(EventOf("order.paid")).status.ok());
  EXPECT_EQ(store_.GetEventType(kTenant, "order.paid")->version, 1);
}

TEST_F(PublishTypesTest, ARefusedTypeIsTheEventsOwnRefusal) {
  Refuse();
  const auto answers = Commit({EventOf("ticket.created"), EventOf("ticket.closd"),
                               EventOf("order.paid"), EventOf("ticket.updated")});
  EXPECT_TRUE(answers[0].status.ok());
  EXPECT_TRUE(answers[3].status.ok());
  EXPECT_EQ(answers[1].status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(answers[1].status), "EVENT_TYPE_UNKNOWN");
  EXPECT_THAT(ViolationsOf(answers[1].status),
              ElementsAre(Violation{
                  "event.type",
                  "\"ticket.closd\" is no event type of the catalogue (did you mean "
                  "\"ticket.closed\"?): create it, or let unknown types be learned"}));
  EXPECT_THAT(std::string(answers[2].status.message()), Not(HasSubstr("did you mean")));
  EXPECT_THAT(store_.ListEvents(kTenant, {})->events, SizeIs(2));
  EXPECT_EQ(store_.learn_calls(), 0);
  EXPECT_FALSE(store_.GetEventType(kTenant, "order.paid").ok());
}

TEST_F(PublishTypesTest, ARefusedBatchStoresNothing) {
  Refuse();
  for (const PublishAnswer& answer : Commit({EventOf("a"), EventOf("b")})) {
    EXPECT_FALSE(answer.status.ok());
    EXPECT_EQ(answer.escmsg_id, 0);
  }
  EXPECT_THAT(store_.ListEvents(kTenant, {})->events, IsEmpty());
}

TEST_F(PublishTypesTest, ARepeatOfARefusedEventIsRefusedToo) {
  Refuse();
  const auto answers = Commit({EventOf("a", "key"), EventOf("a", "key")});
  for (const PublishAnswer& answer : answers) {
    EXPECT_EQ(ReasonOf(answer.status), "EVENT_TYPE_UNKNOWN");
    EXPECT_FALSE(answer.duplicate);
  }
  // Nothing was stored under its key.
  EXPECT_TRUE(CommitOne(EventOf("ticket.created", "key")).status.ok());
}

TEST_F(PublishTypesTest, ARepeatOfAPublishedEventIsADuplicateWhateverItsType) {
  const std::int64_t first = CommitOne(EventOf("order.paid", "key")).escmsg_id;
  Refuse();
  ASSERT_TRUE(store_.DeleteEventType(kTenant, "order.paid", {}).ok());
  const PublishAnswer again = CommitOne(EventOf("order.paid", "key"));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.escmsg_id, first);
  EXPECT_FALSE(CommitOne(EventOf("order.paid", "other key")).status.ok());
}

TEST_F(PublishTypesTest, ATypeIsKnownFromTheMomentThatItIsCreated) {
  Refuse();
  EXPECT_FALSE(CommitOne(EventOf("order.paid")).status.ok());
  ASSERT_TRUE(
      store_.CreateEventType(kTenant, {.name = "order.paid", .object_type = "order"})
          .ok());
  EXPECT_TRUE(CommitOne(EventOf("order.paid")).status.ok());
}

TEST_F(PublishTypesTest, TheSettingHoldsFromTheMomentThatItIsChanged) {
  EXPECT_TRUE(CommitOne(EventOf("order.paid")).status.ok());
  Refuse();
  EXPECT_FALSE(CommitOne(EventOf("order.sent")).status.ok());
  EXPECT_TRUE(CommitOne(EventOf("order.paid")).status.ok());  // was learned
  ASSERT_TRUE(store_.SetUnknownTypes(kTenant, UnknownTypes::kLearn).ok());
  EXPECT_TRUE(CommitOne(EventOf("order.sent")).status.ok());
}

TEST_F(PublishTypesTest,
       AnExpectedTypeIsLearnedByItsFirstEventAlsoWhereOthersAreRefused) {
  domain::WebhookSpec spec;
  spec.name = "Orders";
  spec.url = "https://example.com/";
  spec.triggers = {{.event_type = "order.paid"}};
  ASSERT_TRUE(store_.Create(kTenant, spec, {}).ok());
  Refuse();
  EXPECT_EQ(OriginOf("order.paid"), store::EventTypeOrigin::kExpected);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(CommitOne(EventOf("order.paid")).matched, 1);
  EXPECT_EQ(OriginOf("order.paid"), store::EventTypeOrigin::kLearned);
  EXPECT_EQ(store_.learn_calls(), 1);
}

TEST_F(PublishTypesTest, BeyondTheLimitNewTypesAreRefusedByName) {
  FillCatalogue();
  const int calls = store_.learn_calls();
  const auto answers = Commit({EventOf("one.more"), EventOf("made.up.7")});
  EXPECT_EQ(ReasonOf(answers[0].status), "TOO_MANY_EVENT_TYPES");
  EXPECT_THAT(ViolationsOf(answers[0].status), SizeIs(1));
  EXPECT_THAT(std::string(answers[0].status.message()), HasSubstr("\"one.more\""));
  EXPECT_TRUE(answers[1].status.ok());
  // Ever new ones cost no statement each.
  for (int i = 0; i < 10; ++i) CommitOne(EventOf(fmt::format("ever.new.{}", i)));
  EXPECT_EQ(store_.learn_calls(), calls + 1);
  // What makes room is seen.
  ASSERT_TRUE(store_.DeleteEventType(kTenant, "made.up.8", {}).ok());
  EXPECT_TRUE(CommitOne(EventOf("one.more")).status.ok());
}

TEST_F(PublishTypesTest, EverNewUnknownTypesAreAnsweredWithoutASearchEach) {
  FillCatalogue();
  Refuse();
  std::vector<domain::Event> events;
  for (int i = 0; i < 400; ++i) events.push_back(EventOf(fmt::format("made.up.{}x", i)));
  int suggested = 0;
  for (const PublishAnswer& answer : Commit(events)) {
    const std::string message(answer.status.message());
    suggested += message.find("did you mean") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(suggested, 256);
}

TEST_F(PublishTypesTest, TypesOfAnyTextAreLearned) {
  for (const char* type : {"say \"hi\"\n🎉", "'; DROP TABLE event_types; --", "{}", "%s",
                           "\xc3\xa4\xc3\xb6"}) {
    EXPECT_TRUE(CommitOne(EventOf(type)).status.ok()) << type;
    EXPECT_TRUE(store_.GetEventType(kTenant, type).ok()) << type;
  }
}

TEST_F(PublishTypesTest, AnEventNamesTheKeyFieldsThatItsTypeHasNow) {
  ASSERT_TRUE(store_
                  .CreateEventType(kTenant, {.name = "order.paid",
                                             .object_type = "order",
                                             .key_fields = {"total"}})
                  .ok());
  const std::int64_t first = CommitOne(EventOf("order.paid")).escmsg_id;
  ASSERT_TRUE(
      store_
          .UpdateEventType(
              kTenant, 1,
              {.name = "order.paid", .object_type = "order", .key_fields = {"id"}})
          .ok());
  const std::int64_t second = CommitOne(EventOf("order.paid")).escmsg_id;
  const auto before = store_.GetEvent(kTenant, first)->key_fields;
  const auto after = store_.GetEvent(kTenant, second)->key_fields;
  ASSERT_NE(before, nullptr);
  ASSERT_NE(after, nullptr);
  EXPECT_NE(before->id(), after->id());
  EXPECT_EQ(
      store_.GetEvent(kTenant, CommitOne(EventOf("ticket.closed")).escmsg_id)->key_fields,
      nullptr);
}

TEST_F(PublishTypesTest, ADatabaseThatIsDownWhileATypeIsLearnedIsTriedAgain) {
  int sleeps = 0;
  BatchCommitter committer(store_, store_, store_, {}, [&](absl::Duration) {
    ++sleeps;
    store_.SetDown(absl::OkStatus());
  });
  const domain::Event known = EventOf("ticket.created");
  committer.Commit(std::vector<BatchEvent>{{kTenant, &known}});
  store_.SetDown(absl::UnavailableError("no database"));
  const domain::Event paid = EventOf("order.paid");
  EXPECT_TRUE(committer.Commit(std::vector<BatchEvent>{{kTenant, &paid}})[0].status.ok());
  EXPECT_EQ(sleeps, 1);
}

}  // namespace
}  // namespace windrow::control_plane
