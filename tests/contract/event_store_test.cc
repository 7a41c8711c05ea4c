// What reading events promises.
#include <rapidcheck.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/contract/contract_fixture.h"
#include "tests/contract/filter_samples.h"
#include "tests/support/list_values.h"

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
  event.origin_webhook_id = NextWindowId();
  event.hops = 3;
  event.occurred_at = absl::FromUnixMicros(1'700'000'000'123'456);
  const std::int64_t number = Publisher(Begin(1)).Commit(event);

  const auto stored = events().GetEvent(kTenant, number).value();
  EXPECT_EQ(stored.tenant_id, kTenant);
  EXPECT_EQ(stored.escmsg_id, number);
  EXPECT_EQ(stored.event.event_id, event.event_id);
  EXPECT_EQ(stored.event.origin_webhook_id, event.origin_webhook_id);
  EXPECT_EQ(stored.event.hops, 3);
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
  const auto rest =
      events().ListEvents(kTenant, {.before = first.position, .limit = 3}).value();
  EXPECT_THAT(Numbers(rest), ElementsAre(n[2], n[1], n[0]));
  EXPECT_FALSE(rest.more);
}

// One with an id, as the publish path has it.
std::int64_t PublishWithId(std::unique_ptr<store::PublishTransaction> transaction,
                           domain::Event event, const std::string& event_id) {
  event.event_id = event_id;
  const std::int64_t number = transaction->numbers().at(0);
  EXPECT_OK(transaction->Commit(
      {.events = {{kTenant, number, &event}}, .keys = {{{kTenant, event_id}, number}}}));
  return number;
}

filter::Filter WhereEvents(const std::string& text) {
  return filter::Compile(text, store::kEventFields).value();
}

TEST_P(EventContract, ListFiltersByTypeObjectAndId) {
  const auto a1 = Publisher(Begin(1)).Commit(EventOf("a", "1"));
  const auto b1 = Publisher(Begin(1)).Commit(EventOf("b", "1"));
  const auto a2 = PublishWithId(Begin(1), EventOf("a", "2"), "x-1");
  const auto list = [&](const std::string& text) {
    return Numbers(events().ListEvents(kTenant, {.where = WhereEvents(text)}).value());
  };
  EXPECT_THAT(list("type = a"), ElementsAre(a2, a1));
  EXPECT_THAT(list("object_id = 1"), ElementsAre(b1, a1));
  EXPECT_THAT(list("type = b AND object_id = 1"), ElementsAre(b1));
  EXPECT_THAT(list("type = A"), IsEmpty());
  EXPECT_THAT(list("event_id = x-1"), ElementsAre(a2));
  EXPECT_THAT(list("event_id:*"), ElementsAre(a2));
  EXPECT_THAT(list("-event_id:*"), ElementsAre(b1, a1));
  EXPECT_THAT(list("object_type = ticket"), ElementsAre(a2, b1, a1));
  EXPECT_THAT(list("object_type != ticket"), IsEmpty());
}

TEST_P(EventContract, ListFiltersByTimeOfReceipt) {
  std::vector<std::int64_t> n;
  std::vector<absl::Time> at;
  for (int i = 0; i < 3; ++i) {
    Publisher publisher(Begin(1));
    at.push_back(publisher.now());
    n.push_back(publisher.Commit(EventOf("ticket.created", "7")));
    harness().Tick();
  }
  const auto list = [&](const std::string& comparator) {
    const std::string text =
        "receive_time " + comparator + " \"" +
        absl::FormatTime(absl::RFC3339_full, at[1], absl::UTCTimeZone()) + "\"";
    return Numbers(events().ListEvents(kTenant, {.where = WhereEvents(text)}).value());
  };
  EXPECT_THAT(list(">="), ElementsAre(n[2], n[1]));
  EXPECT_THAT(list(">"), ElementsAre(n[2]));
  EXPECT_THAT(list("<"), ElementsAre(n[0]));
  EXPECT_THAT(list("<="), ElementsAre(n[1], n[0]));
  EXPECT_THAT(list("="), ElementsAre(n[1]));
  EXPECT_THAT(list("!="), ElementsAre(n[2], n[0]));
}

std::string AnyEventComparison(const std::vector<store::StoredEvent>& world) {
  using rc::gen::element;
  const auto equality = *element<std::string>(" = ", " != ", " = ");
  switch (*rc::gen::inRange(0, 7)) {
    case 0:
      return "type" + equality +
             *element<std::string>("a.x", "a.y", "b_x", "none", "\"a.*\"", "\"*x\"",
                                   "\"*_*\"", "\"*\"");
    case 1:
      return "object_type" + equality + *element<std::string>("ticket", "user");
    case 2:
      return "object_id" + equality + *element<std::string>("1", "2", "3", "none");
    case 3:
      return "object_id = (" + *element<std::string>("1", "2") + " OR " +
             *element<std::string>("2", "3") + ")";
    case 4:
      return "event_id" + equality +
             *element<std::string>("id-0", "id-5", "id-7", "none");
    case 5:
      return *element<std::string>("event_id", "receive_time", "type") + ":*";
    default: {
      const absl::Time at = (*rc::gen::elementOf(world)).received_at +
                            absl::Microseconds(*rc::gen::element(-1, 0, 1));
      return "receive_time" +
             *element<std::string>(" < ", " <= ", " > ", " >= ", " = ", " != ") + "\"" +
             absl::FormatTime(absl::RFC3339_full, at, absl::UTCTimeZone()) + "\"";
    }
  }
}

TEST_P(EventContract, AnyFilterTakesWhatItMeans) {
  const store::TenantId other = harness().AddTenant("other");
  const char* types[] = {"a.x", "a.y", "b_x"};
  for (int i = 0; i < 20; ++i) {
    domain::Event event = EventOf(types[i % 3], std::to_string(i % 4));
    event.object_type = i % 5 == 0 ? "user" : "ticket";
    if (i % 5 == 0) {
      PublishWithId(Begin(1), event, "id-" + std::to_string(i));
    } else {
      Publisher(Begin(1)).Commit(event);
    }
    if (i % 6 == 0) Publisher(Begin(1, {}, other)).Commit(event, other);
    if (i % 3 == 0) harness().Tick();
  }
  const auto world = events().ListEvents(kTenant, {.limit = 100}).value().events;
  ASSERT_EQ(world.size(), 20u);
  EXPECT_TRUE(HoldsForAny("a list has what its filter means", [&] {
    const std::string text = AnyFilter([&] { return AnyEventComparison(world); });
    store::EventQuery query{.where = WhereEvents(text)};
    query.limit = *rc::gen::element(1, 3, 100);
    query.examine = *rc::gen::element(1, 4, 1'000);
    std::vector<std::int64_t> expected, found;
    for (const auto& event : world) {
      if (testing::Matches(query.where, event)) expected.push_back(event.escmsg_id);
    }
    for (int pages = 0; pages < 50; ++pages) {
      const auto page = events().ListEvents(kTenant, query).value();
      for (const std::int64_t number : Numbers(page)) found.push_back(number);
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
