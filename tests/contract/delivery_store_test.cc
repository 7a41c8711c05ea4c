// What reading deliveries promises.
#include <algorithm>
#include <map>
#include <utility>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using store::DeliveryState;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

constexpr std::pair<DeliveryState, int> kRecorded[] = {{DeliveryState::kRetrying, 500},
                                                       {DeliveryState::kSucceeded, 200},
                                                       {DeliveryState::kFailed, 410},
                                                       {DeliveryState::kCancelled, 404}};

// Ids of consecutive milliseconds, the first of them today.
std::vector<Uuid> IdsOneMillisecondApart(absl::Time first, int count) {
  UuidV7Generator generator;
  std::vector<Uuid> ids;
  for (int i = 0; i < count; ++i) {
    ids.push_back(generator.Next(first + absl::Milliseconds(i)));
  }
  return ids;
}

TEST_P(DeliveryContract, EveryStateIsListedAndCanBeFilteredFor) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  std::map<DeliveryState, Uuid> ids;
  for (const auto& [state, status] : kRecorded) {
    ids[state] = Publish(webhook).window_id;
    auto outcome = OutcomeOf(ClaimOne(webhook), state, status);
    outcome.retry_after = absl::Hours(1);
    Record({outcome});
  }
  ids[DeliveryState::kInFlight] = Publish(webhook).window_id;
  ClaimOne(webhook);
  ids[DeliveryState::kPending] = Publish(webhook).window_id;
  ids[DeliveryState::kOpen] = Append(GroupOf(webhook), 1, 2).window_id;

  for (const auto& [state, id] : ids) {
    EXPECT_EQ(Get(id).state, state);
  }
  for (const filter::Word& word : store::kStateWords) {
    const auto state = static_cast<DeliveryState>(word.number);
    EXPECT_THAT(ListWhere("state = " + std::string(word.name)),
                ElementsAre(ids.at(state)));
  }
  EXPECT_THAT(ListWhere(""), ::testing::SizeIs(7));
  EXPECT_THAT(ListWhere("state = (FAILED OR PENDING)"),
              ::testing::UnorderedElementsAre(ids[DeliveryState::kFailed],
                                              ids[DeliveryState::kPending]));
  EXPECT_THAT(ListWhere("state = SUCCEEDED OR state = OPEN"),
              ::testing::UnorderedElementsAre(ids[DeliveryState::kSucceeded],
                                              ids[DeliveryState::kOpen]));
}

TEST_P(DeliveryContract, UnfinishedOnesTellWhatTheyHoldAndWhenTheyAreDue) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const absl::Time before = Now();
  const auto open = Append(GroupOf(webhook, absl::Seconds(600)), 9, 2);
  const auto page = deliveries().ListDeliveries(kTenant, {}).value();
  ASSERT_EQ(page.deliveries.size(), 1u);
  const auto& record = page.deliveries[0];
  EXPECT_EQ(record.tenant_id, kTenant);
  EXPECT_EQ(record.webhook_id, webhook.webhook_id);
  EXPECT_EQ(record.created_at, open.window_id.time());
  EXPECT_EQ(record.finished_at, std::nullopt);
  ASSERT_TRUE(record.due_at.has_value());
  EXPECT_GE(*record.due_at, before + absl::Seconds(600));
  EXPECT_LE(*record.due_at, Now() + absl::Seconds(600));
  EXPECT_EQ(record.attempt_count, 0);
  EXPECT_EQ(record.last_attempt, std::nullopt);
  EXPECT_EQ(record.item_count, 2);
  ASSERT_EQ(record.items.size(), 2u);
  EXPECT_EQ(record.items[0].ref, (store::ItemRef{open.escmsg_ids[0], 9}));
  EXPECT_EQ(record.items[1].ref, (store::ItemRef{open.escmsg_ids[1], 9}));
  EXPECT_EQ(record.items[0].event_type, "ticket.created");
  EXPECT_EQ(record.items[0].object_id, "7");
}

// Every other one is finished: pages run through the queue and the records alike.
TEST_P(DeliveryContract, PagesAreInOrderBothWaysAcrossFinishedAndUnfinished) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto ids = IdsOneMillisecondApart(Now(), 7);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Publish(webhook, EventOf("ticket.created", "7"), ids[i]);
    const auto claimed = ClaimOne(webhook);
    if (i % 2 == 0) Record({OutcomeOf(claimed, DeliveryState::kSucceeded, 200)});
  }
  const auto page = [this](const store::DeliveryQuery& query) {
    return deliveries().ListDeliveries(kTenant, query).value();
  };
  EXPECT_THAT(List({.limit = 3}), ElementsAre(ids[6], ids[5], ids[4]));
  EXPECT_TRUE(page({.limit = 3}).more);
  EXPECT_THAT(List({.after = ids[4], .limit = 3}), ElementsAre(ids[3], ids[2], ids[1]));
  EXPECT_THAT(List({.after = ids[1], .limit = 3}), ElementsAre(ids[0]));
  EXPECT_FALSE(page({.after = ids[1], .limit = 3}).more);
  EXPECT_FALSE(page({.limit = 7}).more);
  EXPECT_TRUE(page({.limit = 6}).more);

  EXPECT_THAT(List({.oldest_first = true, .limit = 4}),
              ElementsAre(ids[0], ids[1], ids[2], ids[3]));
  EXPECT_TRUE(page({.oldest_first = true, .limit = 4}).more);
  EXPECT_THAT(List({.oldest_first = true, .after = ids[3], .limit = 4}),
              ElementsAre(ids[4], ids[5], ids[6]));
  EXPECT_FALSE(page({.oldest_first = true, .after = ids[3], .limit = 4}).more);
}

TEST_P(DeliveryContract, CreationTimeIsFromInclusiveUntilExclusive) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto ids = IdsOneMillisecondApart(Now(), 4);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Publish(webhook, EventOf("ticket.created", "7"), ids[i]);
    if (i < 2) Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  }
  const auto at = [&](const std::string& comparator, std::size_t i,
                      absl::Duration plus = absl::ZeroDuration()) {
    return "create_time " + comparator + " \"" +
           absl::FormatTime(absl::RFC3339_full, ids[i].time() + plus,
                            absl::UTCTimeZone()) +
           "\"";
  };
  EXPECT_THAT(ListWhere(at(">=", 1)), ElementsAre(ids[3], ids[2], ids[1]));
  EXPECT_THAT(ListWhere(at(">", 1)), ElementsAre(ids[3], ids[2]));
  EXPECT_THAT(ListWhere(at("<", 3)), ElementsAre(ids[2], ids[1], ids[0]));
  EXPECT_THAT(ListWhere(at("<=", 1)), ElementsAre(ids[1], ids[0]));
  EXPECT_THAT(ListWhere(at("=", 1)), ElementsAre(ids[1]));
  EXPECT_THAT(ListWhere(at(">=", 1) + at("<", 3)), ElementsAre(ids[2], ids[1]));
  EXPECT_THAT(ListWhere("NOT " + at(">=", 1)), ElementsAre(ids[0]));
  EXPECT_THAT(ListWhere(at(">=", 1, absl::Microseconds(1)) + at("<", 2)), IsEmpty());
}

TEST_P(DeliveryContract, FiltersByWebhookTypeAndObjectFinishedOrNot) {
  const auto a = Create(SpecNamed("A"));
  const auto b = Create(SpecNamed("B"));
  struct Made {
    const store::StoredWebhook* webhook;
    const char* type;
    const char* object_id;
  };
  const std::vector<Made> made = {{&a, "ticket.created", "1"},
                                  {&a, "ticket.closed", "1"},
                                  {&b, "ticket.created", "2"},
                                  {&a, "ticket.created", "2"}};
  for (const bool finished : {true, false}) {
    std::vector<Uuid> ids = IdsOneMillisecondApart(Now(), 4);
    for (std::size_t i = 0; i < made.size(); ++i) {
      Publish(*made[i].webhook, EventOf(made[i].type, made[i].object_id), ids[i]);
      auto outcome =
          OutcomeOf(ClaimOne(*made[i].webhook), DeliveryState::kSucceeded, 200);
      outcome.event_types = {made[i].type};
      outcome.object_ids = {made[i].object_id};
      if (finished) Record({outcome});
    }
    const auto list = [&](const std::string& filter, int limit = 50) {
      const std::string state = finished ? "SUCCEEDED" : "IN_FLIGHT";
      return List(
          {.where = Where("state = " + state + " AND " + filter), .limit = limit});
    };
    const std::string of_a = "webhook_id = " + a.webhook_id.ToString();
    EXPECT_THAT(list(of_a), ElementsAre(ids[3], ids[1], ids[0]));
    EXPECT_THAT(list("event_type = ticket.created"), ElementsAre(ids[3], ids[2], ids[0]));
    EXPECT_THAT(list("object_id = 1"), ElementsAre(ids[1], ids[0]));
    EXPECT_THAT(list(of_a + " AND event_type = ticket.created AND object_id = 2"),
                ElementsAre(ids[3]));
    EXPECT_THAT(list("event_type = ticket.created", 2), ElementsAre(ids[3], ids[2]));
    EXPECT_THAT(list("event_type = \"*.c*\""),
                ElementsAre(ids[3], ids[2], ids[1], ids[0]));
    EXPECT_THAT(list("event_type != ticket.created"), ElementsAre(ids[1]));
    EXPECT_THAT(list("object_id = 3"), IsEmpty());
  }
}

TEST_P(DeliveryContract, ABatchIsFoundByEachOfItsItems) {
  const auto webhook = Create(BatchingSpec("Tickets"));
  const auto transaction = Begin(2);
  const domain::Event first = EventOf("ticket.created", "1");
  const domain::Event second = EventOf("ticket.closed", "2");
  const auto& n = transaction->numbers();
  const auto open = transaction->OpenWindows({GroupOf(webhook)}).value().at(0);
  EXPECT_OK(transaction->Commit(
      {.events = {{kTenant, n[0], &first}, {kTenant, n[1], &second}},
       .appends = {{.window_id = open.window_id,
                    .tenant_id = kTenant,
                    .webhook_id = webhook.webhook_id,
                    .add = {.items = {{n[0], 1}, {n[1], 2}}, .bytes = 20},
                    .closes = true}}}));
  const auto found_by_each = [&] {
    for (const char* type : {"ticket.created", "ticket.closed"}) {
      EXPECT_THAT(ListWhere(std::string("event_type = ") + type),
                  ElementsAre(open.window_id))
          << type;
    }
    for (const char* object : {"1", "2"}) {
      EXPECT_THAT(ListWhere(std::string("object_id = ") + object),
                  ElementsAre(open.window_id))
          << object;
    }
    const auto record = Get(open.window_id);
    ASSERT_EQ(record.items.size(), 2u);
    EXPECT_EQ(record.items[0].event_type, "ticket.created");
    EXPECT_EQ(record.items[0].object_id, "1");
    EXPECT_EQ(record.items[1].event_type, "ticket.closed");
    EXPECT_EQ(record.items[1].object_id, "2");
  };
  found_by_each();
  auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200);
  outcome.event_types = {"ticket.created", "ticket.closed"};
  outcome.object_ids = {"1", "2"};
  Record({outcome});
  found_by_each();
}

TEST_P(DeliveryContract, BodiesComeOnlyWhereAskedFor) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});

  const auto basic = Get(published.window_id, /*bodies=*/false);
  EXPECT_EQ(basic.request_body, "");
  EXPECT_EQ(basic.request_headers, "");
  EXPECT_EQ(basic.last_attempt->response_body, "");
  EXPECT_EQ(basic.last_attempt->response_headers, "");
  EXPECT_EQ(basic.last_attempt->response_bytes, 5);

  const auto full = deliveries().ListDeliveries(kTenant, {.bodies = true}).value();
  ASSERT_EQ(full.deliveries.size(), 1u);
  EXPECT_EQ(full.deliveries[0].request_body, R"({"id":"an item"})");
  EXPECT_EQ(full.deliveries[0].last_attempt->response_body, "hello");
  const auto plain = deliveries().ListDeliveries(kTenant, {}).value();
  EXPECT_EQ(plain.deliveries.at(0).request_body, "");
  EXPECT_EQ(plain.deliveries.at(0).last_attempt->response_body, "");
}

TEST_P(DeliveryContract, AnotherTenantSeesNothing) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto finished = Publish(webhook);
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  const auto pending = Publish(webhook);
  const store::TenantId other = harness().AddTenant("other");

  EXPECT_THAT(deliveries().ListDeliveries(other, {}).value().deliveries, IsEmpty());
  for (const Uuid& id : {finished.window_id, pending.window_id, Uuid{}}) {
    const auto got = deliveries().GetDelivery(other, id, true);
    EXPECT_EQ(got.status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ReasonOf(got.status()), "DELIVERY_NOT_FOUND");
    EXPECT_EQ(ReasonOf(deliveries().ListAttempts(other, id, 0, 10).status()),
              "DELIVERY_NOT_FOUND");
  }
  EXPECT_EQ(ReasonOf(deliveries().GetDelivery(kTenant, Uuid{}, true).status()),
            "DELIVERY_NOT_FOUND");
}

TEST_P(AttemptContract, AttemptsAreListedFirstToLastAndPage) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  EXPECT_THAT(Attempts(published.window_id), IsEmpty());
  std::vector<int> expected;
  for (int i = 0; i < 4; ++i) {
    expected.push_back(500 + i);
    auto outcome = OutcomeOf(ClaimOne(webhook), DeliveryState::kRetrying, 500 + i);
    outcome.attempt->response_body = "answer " + std::to_string(i + 1);
    Record({outcome});
    harness().Tick();
  }
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  expected.push_back(200);

  std::vector<int> statuses;
  int number = 0;
  for (const auto& attempt : Attempts(published.window_id)) {
    statuses.push_back(attempt.status_code);
    EXPECT_EQ(attempt.attempt, ++number);
    EXPECT_FALSE(attempt.late);
  }
  EXPECT_THAT(statuses, ElementsAreArray(expected));
  EXPECT_EQ(Attempts(published.window_id).at(1).response_body, "answer 2");
  EXPECT_EQ(Attempts(published.window_id).at(4).response_body, "hello");

  const auto page = [&](int offset, int limit) {
    const auto got =
        deliveries().ListAttempts(kTenant, published.window_id, offset, limit).value();
    std::vector<int> of_page;
    for (const auto& attempt : got.attempts) of_page.push_back(attempt.status_code);
    return std::pair(of_page, got.more);
  };
  EXPECT_EQ(page(0, 2), std::pair(std::vector<int>({500, 501}), true));
  EXPECT_EQ(page(2, 2), std::pair(std::vector<int>({502, 503}), true));
  EXPECT_EQ(page(4, 2), std::pair(std::vector<int>({200}), false));
  EXPECT_EQ(page(3, 2), std::pair(std::vector<int>({503, 200}), false));
  EXPECT_EQ(page(5, 2), std::pair(std::vector<int>(), false));
}

TEST_P(AttemptContract, ALateAttemptStandsWhereItsLeaseStood) {
  const auto webhook = Create(SpecNamed("Tickets"));
  const auto published = Publish(webhook);
  const auto lost = ClaimOne(webhook);
  harness().ShiftWindows(absl::Seconds(40));
  Record({OutcomeOf(ClaimOne(webhook), DeliveryState::kSucceeded, 200)});
  auto late = OutcomeOf(lost, DeliveryState::kFailed, 500);
  late.started_ago = absl::Seconds(60);
  EXPECT_EQ(Record({late}), 1);

  const auto attempts = Attempts(published.window_id);
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].status_code, 500);
  EXPECT_TRUE(attempts[0].late);
  EXPECT_EQ(attempts[0].response_body, "hello");
  EXPECT_EQ(attempts[1].status_code, 200);
  EXPECT_FALSE(attempts[1].late);
}

}  // namespace
}  // namespace windrow::contract
