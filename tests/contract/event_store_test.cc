// What reading events promises.
#include <utility>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Publisher {
 public:
  explicit Publisher(std::unique_ptr<store::PublishTransaction> transaction)
      : transaction_(std::move(transaction)) {}
  std::int64_t Commit(const domain::Event& event, store::TenantId tenant = kTenant) {
    const std::int64_t number = transaction_->numbers().at(0);
    EXPECT_OK(transaction_->Commit({.events = {{tenant, number, &event}}}));
    return number;
  }
  absl::Time now() const { return transaction_->now(); }

 private:
  std::unique_ptr<store::PublishTransaction> transaction_;
};

std::vector<std::int64_t> Numbers(const store::EventPage& page) {
  std::vector<std::int64_t> numbers;
  for (const auto& event : page.events) numbers.push_back(event.escmsg_id);
  return numbers;
}

TEST_P(EventContract, BytesComeBackExactlyAsPublished) {
  domain::Event event;
  event.event_id = "evt ✓ \"1\"";
  event.type = "sla \"breached\"\n🎉";
  event.object_type = "ticket";
  event.object_id = "№ 7\t'x'";
  event.object =
      "{ \"z\" : 9007199254740993,\t\"a\":1.10, \"e\":1e400,\"n\":-0.0,\n \"u\":"
      "\"\\u0000\\ud83d\\ude00\\/\", \"z\":[ ], \"ü\":\"\xF0\x9F\x98\x80\\u00fc\" }";
  event.previous = R"({"status":{"id":9,"name":"Closed"},"b":  1.0E+2})";
  event.action = R"({"outcome":"\u0000","note":"a\\b"})";
  event.linked = {{"user", R"({"b":1,"a":1e-7 , "":"\"},{\""})"},
                  {"asset", R"({ "x" : {"y":[1,2.50,{"\u0000":null}]} })"}};
  event.message = "Zeile 1\nZeile 2 \\ \"quoted\" ✓";
  event.agent_id = "agent/42";
  event.occurred_at = absl::FromUnixMicros(1'700'000'000'123'456);
  const std::int64_t number = Publisher(Begin(1)).Commit(event);

  const auto stored = events().GetEvent(kTenant, number).value();
  EXPECT_EQ(stored.tenant_id, kTenant);
  EXPECT_EQ(stored.escmsg_id, number);
  EXPECT_EQ(stored.event.event_id, event.event_id);
  EXPECT_EQ(stored.event.type, event.type);
  EXPECT_EQ(stored.event.object_type, "ticket");
  EXPECT_EQ(stored.event.object_id, event.object_id);
  EXPECT_EQ(stored.event.object, event.object);
  EXPECT_EQ(stored.event.previous, event.previous);
  EXPECT_EQ(stored.event.action, event.action);
  EXPECT_EQ(stored.event.linked, event.linked);
  EXPECT_EQ(stored.event.message, event.message);
  EXPECT_EQ(stored.event.agent_id, event.agent_id);
  EXPECT_EQ(stored.event.occurred_at, event.occurred_at);
}

TEST_P(EventContract, AbsentFieldsStayEmptyAndTheTimeIsThatOfReceipt) {
  Publisher publisher(Begin(1));
  const std::int64_t number = publisher.Commit(EventOf("ticket.created", "7"));
  const auto stored = events().GetEvent(kTenant, number).value();
  EXPECT_EQ(stored.received_at, publisher.now());
  EXPECT_EQ(stored.event.occurred_at, publisher.now());
  EXPECT_EQ(stored.event.event_id, "");
  EXPECT_EQ(stored.event.previous, "");
  EXPECT_EQ(stored.event.action, "");
  EXPECT_THAT(stored.event.linked, IsEmpty());
  EXPECT_EQ(stored.event.message, "");
  EXPECT_EQ(stored.event.agent_id, "");
}

TEST_P(EventContract, AnEventOfAMegabyteIsKept) {
  domain::Event event = EventOf("ticket.created", "7");
  event.object = "{\"text\":\"" + std::string(1'000'000, 'x') + "\"}";
  const std::int64_t number = Publisher(Begin(1)).Commit(event);
  EXPECT_EQ(events().GetEvent(kTenant, number).value().event.object, event.object);
}

TEST_P(EventContract, UnknownAndForeignNumbersAreNotFound) {
  const std::int64_t number = Publisher(Begin(1)).Commit(EventOf("ticket.created", "7"));
  const store::TenantId other = harness().AddTenant("other");
  for (const auto& got :
       {events().GetEvent(other, number), events().GetEvent(kTenant, number + 1)}) {
    EXPECT_EQ(got.status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ReasonOf(got.status()), "EVENT_NOT_FOUND");
  }
  EXPECT_THAT(events().ListEvents(other, {}).value().events, IsEmpty());
}

TEST_P(EventContract, ListIsNewestFirstAndPages) {
  std::vector<std::int64_t> n;
  for (int i = 0; i < 5; ++i) {
    n.push_back(Publisher(Begin(1)).Commit(EventOf("ticket.created", "7")));
  }
  const auto first = events().ListEvents(kTenant, {.limit = 2}).value();
  EXPECT_THAT(Numbers(first), ElementsAre(n[4], n[3]));
  EXPECT_TRUE(first.more);
  const auto rest = events().ListEvents(kTenant, {.before = n[3], .limit = 3}).value();
  EXPECT_THAT(Numbers(rest), ElementsAre(n[2], n[1], n[0]));
  EXPECT_FALSE(rest.more);
}

TEST_P(EventContract, ListFiltersByTypeAndObject) {
  const auto a1 = Publisher(Begin(1)).Commit(EventOf("a", "1"));
  const auto b1 = Publisher(Begin(1)).Commit(EventOf("b", "1"));
  const auto a2 = Publisher(Begin(1)).Commit(EventOf("a", "2"));
  EXPECT_THAT(Numbers(events().ListEvents(kTenant, {.type = "a"}).value()),
              ElementsAre(a2, a1));
  EXPECT_THAT(Numbers(events().ListEvents(kTenant, {.object_id = "1"}).value()),
              ElementsAre(b1, a1));
  EXPECT_THAT(
      Numbers(events().ListEvents(kTenant, {.type = "b", .object_id = "1"}).value()),
      ElementsAre(b1));
  EXPECT_THAT(Numbers(events().ListEvents(kTenant, {.type = "A"}).value()), IsEmpty());
}

TEST_P(EventContract, ListFiltersByTimeOfReceiptFromInclusiveUntilExclusive) {
  std::vector<std::int64_t> n;
  std::vector<absl::Time> at;
  for (int i = 0; i < 3; ++i) {
    Publisher publisher(Begin(1));
    at.push_back(publisher.now());
    n.push_back(publisher.Commit(EventOf("ticket.created", "7")));
    harness().Tick();
  }
  EXPECT_THAT(Numbers(events().ListEvents(kTenant, {.received_from = at[1]}).value()),
              ElementsAre(n[2], n[1]));
  EXPECT_THAT(Numbers(events().ListEvents(kTenant, {.received_until = at[1]}).value()),
              ElementsAre(n[0]));
}

}  // namespace
}  // namespace windrow::contract
