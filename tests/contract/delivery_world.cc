#include "tests/contract/delivery_world.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <iterator>

namespace windrow::contract {
namespace {

using store::AttemptError;
using store::DeliveryState;

}  // namespace

store::Outcome DeliveryFilterContract::Ended(const store::StoredWebhook& webhook,
                                             DeliveryState state, int status_code,
                                             AttemptError error) {
  auto outcome = OutcomeOf(ClaimOne(webhook), state, status_code);
  if (error != AttemptError::kNone) outcome.attempt->error = error;
  outcome.retry_after = absl::ZeroDuration();
  return outcome;
}

Uuid DeliveryFilterContract::PublishBatch(const store::StoredWebhook& webhook,
                                          const std::vector<domain::Event>& of) {
  const auto transaction = Begin(static_cast<int>(of.size()));
  const auto open = transaction->OpenWindows({GroupOf(webhook)}).value().at(0);
  store::PublishWrites writes;
  store::WindowAppend append{.window_id = open.window_id,
                             .tenant_id = kTenant,
                             .webhook_id = webhook.webhook_id,
                             .add = {.bytes = 100},
                             .closes = true};
  for (std::size_t i = 0; i < of.size(); ++i) {
    const std::int64_t number = transaction->numbers().at(i);
    writes.events.push_back({kTenant, number, &of[i]});
    append.add.items.push_back({number, 1});
  }
  writes.appends = {append};
  EXPECT_OK(transaction->Commit(writes));
  return open.window_id;
}

void DeliveryFilterContract::Finish(const store::StoredWebhook& webhook,
                                    const std::vector<domain::Event>& of,
                                    DeliveryState state, int status_code,
                                    AttemptError error) {
  auto outcome = Ended(webhook, state, status_code, error);
  outcome.event_types.clear();
  outcome.object_ids.clear();
  for (const domain::Event& event : of) {
    outcome.event_types.push_back(event.type);
    outcome.object_ids.push_back(event.object_id);
  }
  ASSERT_EQ(Record({outcome}), 0);
}

std::vector<store::DeliveryRecord> DeliveryFilterContract::Records() {
  std::vector<store::DeliveryRecord> records;
  for (const Uuid& id : ids_) records.push_back(Get(id, /*bodies=*/false));
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return b.delivery_id < a.delivery_id; });
  return records;
}

std::vector<Uuid> DeliveryFilterContract::AllPages(store::DeliveryQuery query,
                                                   int most_pages) {
  std::vector<Uuid> ids;
  for (int i = 0; i < most_pages; ++i) {
    const auto page = deliveries().ListDeliveries(kTenant, query).value();
    for (const auto& record : page.deliveries) ids.push_back(record.delivery_id);
    EXPECT_LE(page.deliveries.size(), static_cast<std::size_t>(query.limit));
    if (!page.more) return ids;
    if (!page.position || page.position == query.after) break;
    query.after = page.position;
  }
  ADD_FAILURE() << "the list does not end";
  return ids;
}

std::string DeliveryFilterContract::AnyTime() {
  const Uuid id = *rc::gen::elementOf(ids_);
  const auto shift = *rc::gen::element(-1'000, -1, 0, 1, 60'000'000);
  return "\"" +
         absl::FormatTime(absl::RFC3339_full, id.time() + absl::Microseconds(shift),
                          absl::UTCTimeZone()) +
         "\"";
}

void DeliveryFilterContract::MakeFinished(const store::StoredWebhook& webhook) {
  struct Ending {
    DeliveryState state;
    int status_code;
    AttemptError error;
  };
  constexpr Ending kEndings[] = {
      {DeliveryState::kSucceeded, 200, AttemptError::kNone},
      {DeliveryState::kSucceeded, 204, AttemptError::kNone},
      {DeliveryState::kFailed, 500, AttemptError::kHttp},
      {DeliveryState::kFailed, 0, AttemptError::kTimeout},
      {DeliveryState::kFailed, 200, AttemptError::kTimeout},  // complete, but too late
  };
  const domain::Event events[] = {EventOf("ticket.created", "1"),
                                  EventOf("ticket.closed", "2"),
                                  EventOf("order%paid", "50%")};
  int n = 0;
  for (const Ending& ending : kEndings) {
    const domain::Event& event = events[n++ % std::size(events)];
    const auto age = absl::Hours(3) * (n % 4);
    ids_.push_back(
        Publish(webhook, event, UuidV7Generator().Next(Now() - age)).window_id);
    Finish(webhook, {event}, ending.state, ending.status_code, ending.error);
  }
  const std::vector<domain::Event> batches[] = {
      {EventOf("ticket.created", "1"), EventOf("ticket.closed", "1")},
      {EventOf("ticket.created", "2"), EventOf("ticket.created", "3")},
      {EventOf("ticket.closed", "1"), EventOf("order.paid", "4"),
       EventOf("ticket.created", "2")}};
  for (const auto& batch : batches) {
    const bool good = batch.size() > 2;
    ids_.push_back(PublishBatch(webhook, batch));
    Finish(webhook, batch, good ? DeliveryState::kSucceeded : DeliveryState::kFailed,
           good ? 201 : 503);
  }
}

// Cancelled with and without an attempt before, and one in each state that is none of an
// end.
void DeliveryFilterContract::MakeUnfinished() {
  const store::StoredWebhook& webhook = webhooks_[0];
  for (const bool attempted : {true, false}) {
    ids_.push_back(Publish(webhook, EventOf("ticket.created", "5")).window_id);
    if (attempted) Record({Ended(webhook, DeliveryState::kRetrying, 502)});
    auto cancelled = Ended(webhook, DeliveryState::kCancelled, 0);
    cancelled.attempt.reset();
    ASSERT_EQ(Record({cancelled}), 0);
  }
  ids_.push_back(Publish(webhook, EventOf("ticket.created", "1")).window_id);
  auto retrying = Ended(webhook, DeliveryState::kRetrying, 503);
  retrying.retry_after = absl::Hours(1);
  Record({retrying});
  ids_.push_back(PublishBatch(
      webhook, {EventOf("ticket.created", "2"), EventOf("ticket.closed", "6")}));
  ClaimOne(webhook);  // IN_FLIGHT
  ids_.push_back(Publish(webhook, EventOf("order.paid", "4")).window_id);
  ids_.push_back(PublishBatch(
      webhook, {EventOf("ticket.created", "7"), EventOf("ticket.created", "1")}));
  ids_.push_back(Append(GroupOf(webhooks_[1]), 1, 2).window_id);  // OPEN
}

void DeliveryFilterContract::MakeWorld() {
  webhooks_ = {Create(BatchingSpec("A")), Create(BatchingSpec("B")),
               Create(BatchingSpec("Idle"))};
  MakeFinished(webhooks_[0]);
  MakeFinished(webhooks_[1]);
  MakeUnfinished();
  // Another tenant's are in the way of every walk, and in none of the answers.
  const store::TenantId other = harness().AddTenant("other");
  const auto theirs = Create(SpecNamed("A"), other);
  Publish(theirs, EventOf("ticket.created", "1"));
  Record({Ended(theirs, DeliveryState::kFailed, 500)});
  for (int i = 0; i < 3; ++i) Publish(theirs, EventOf("ticket.created", "1"));
}

std::string DeliveryFilterContract::AnyComparison() {
  using rc::gen::element;
  const auto equality = *element<std::string>(" = ", " != ", " = ");
  const auto order = *element<std::string>(" < ", " <= ", " > ", " >= ", " = ", " != ");
  const std::vector<std::string> states = {
      "OPEN", "PENDING", "IN_FLIGHT", "RETRYING", "SUCCEEDED", "FAILED", "CANCELLED"};
  const std::vector<std::string> types = {
      "ticket.created", "ticket.closed", "order.paid",    "none",
      "\"ticket.*\"",   "\"*.c*\"",      "\"*paid\"",     "\"*%*\"",
      "\"order_paid\"", "\"*\"",         "\"order%paid\""};
  const std::vector<std::string> objects = {"1", "2", "3",       "4",   "5",
                                            "6", "7", "\"50%\"", "none"};
  switch (*rc::gen::inRange(0, 11)) {
    case 0:
      return "webhook_id" + equality +
             (*rc::gen::elementOf(webhooks_)).webhook_id.ToString();
    case 1:
      return "state" + equality + *rc::gen::elementOf(states);
    case 2:
      return fmt::format("state = ({} OR {})", *rc::gen::elementOf(states),
                         *rc::gen::elementOf(states));
    case 3:
      return "event_type" + equality + *rc::gen::elementOf(types);
    case 4:
      return "object_id" + equality + *rc::gen::elementOf(objects);
    case 5:
      return fmt::format("object_id:({} OR {})", *rc::gen::elementOf(objects),
                         *rc::gen::elementOf(objects));
    case 6:
      return "status_code" + order +
             *element<std::string>("0", "200", "204", "299", "300", "500", "503", "999");
    case 7:
      return "error" + equality + *element<std::string>("TIMEOUT", "HTTP", "DNS");
    case 8:
      return "create_time" + order + AnyTime();
    case 9:
      return "finish_time" + order + AnyTime();
    default:
      return *element<std::string>("error", "status_code", "finish_time", "state",
                                   "object_id", "event_type", "webhook_id",
                                   "create_time") +
             ":*";
  }
}

}  // namespace windrow::contract
