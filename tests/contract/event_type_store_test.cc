// What the catalogue of event types promises.
#include <algorithm>
#include <utility>

#include "tests/contract/contract_fixture.h"

namespace windrow::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using domain::UnknownTypes;
using store::EventTypeOrigin;
using store::StoredEventType;

std::vector<std::string> NamesOf(const std::vector<StoredEventType>& types) {
  std::vector<std::string> names;
  for (const StoredEventType& type : types) names.push_back(type.spec.name);
  return names;
}

std::vector<std::string> BuiltInNames() {
  std::vector<std::string> names;
  for (const auto& type : domain::BuiltInEventTypes()) names.emplace_back(type.name);
  return names;
}

TEST_P(EventTypeContract, EveryTenantBeginsWithTheBuiltInTypes) {
  for (const store::TenantId tenant : {kTenant, harness().AddTenant("another")}) {
    const auto page = event_types().ListEventTypes(tenant, {}, 100).value();
    EXPECT_THAT(NamesOf(page.types), ::testing::ElementsAreArray(BuiltInNames()));
    EXPECT_FALSE(page.more);
    for (std::size_t i = 0; i < page.types.size(); ++i) {
      const domain::BuiltInEventType& type = domain::BuiltInEventTypes()[i];
      EXPECT_EQ(page.types[i].tenant_id, tenant);
      EXPECT_EQ(page.types[i].version, 1);
      EXPECT_EQ(page.types[i].origin, EventTypeOrigin::kBuiltIn);
      EXPECT_EQ(page.types[i].spec.object_type, type.object_type);
      EXPECT_EQ(page.types[i].spec.description, type.description);
    }
    EXPECT_EQ(event_types().GetUnknownTypes(tenant).value(), UnknownTypes::kLearn);
  }
}

TEST_P(EventTypeContract, ATypeComesBackAsItWasDeclared) {
  const absl::Time before = Now();
  const auto created = event_types().CreateEventType(kTenant, OrderPaid()).value();
  EXPECT_EQ(created.tenant_id, kTenant);
  EXPECT_EQ(created.version, 1);
  EXPECT_EQ(created.origin, EventTypeOrigin::kDeclared);
  EXPECT_EQ(created.spec, OrderPaid());
  EXPECT_GE(created.created_at, before);
  EXPECT_EQ(created.updated_at, created.created_at);

  const auto read = event_types().GetEventType(kTenant, "order.paid").value();
  EXPECT_EQ(read.spec, OrderPaid());
  EXPECT_EQ(read.version, 1);
  EXPECT_EQ(read.origin, EventTypeOrigin::kDeclared);
  EXPECT_EQ(read.created_at, created.created_at);
}

TEST_P(EventTypeContract, ANameStandsOnceAndIsExact) {
  ASSERT_TRUE(event_types().CreateEventType(kTenant, OrderPaid()).ok());
  const auto again = event_types().CreateEventType(kTenant, OrderPaid());
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(again.status()), "EVENT_TYPE_EXISTS");
  domain::EventTypeSpec other = OrderPaid();
  other.name = "Order.paid";
  EXPECT_TRUE(event_types().CreateEventType(kTenant, other).ok());
  // Types that came with Windrow are types like others.
  other.name = "ticket.created";
  EXPECT_EQ(ReasonOf(event_types().CreateEventType(kTenant, other).status()),
            "EVENT_TYPE_EXISTS");
}

TEST_P(EventTypeContract, AnotherTenantsTypesAreNotFound) {
  ASSERT_TRUE(event_types().CreateEventType(kTenant, OrderPaid()).ok());
  const store::TenantId other = harness().AddTenant("another");
  const auto got = event_types().GetEventType(other, "order.paid");
  EXPECT_EQ(got.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(got.status()), "EVENT_TYPE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(event_types().UpdateEventType(other, 1, OrderPaid()).status()),
            "EVENT_TYPE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(event_types().DeleteEventType(other, "order.paid", {})),
            "EVENT_TYPE_NOT_FOUND");
  EXPECT_THAT(event_types().FindEventTypes(other, {"order.paid"}).value(), IsEmpty());
  EXPECT_EQ(event_types().LoadCatalogue(other)->Find("order.paid"), nullptr);
  EXPECT_TRUE(event_types().CreateEventType(other, OrderPaid()).ok());
}

TEST_P(EventTypeContract, AListIsByTheBytesOfNamesAndGoesOnBehindOne) {
  for (const char* name : {"b", "a b", "Z", "ä", "a.b", "a", "~"}) {
    domain::EventTypeSpec spec = OrderPaid();
    spec.name = name;
    ASSERT_TRUE(event_types().CreateEventType(kTenant, spec).ok());
  }
  std::vector<std::string> expected = BuiltInNames();
  expected.insert(expected.end(), {"b", "a b", "Z", "ä", "a.b", "a", "~"});
  std::sort(expected.begin(), expected.end());

  std::vector<std::string> all;
  std::optional<std::string> after;
  bool more = true;
  while (more) {
    const auto page = event_types().ListEventTypes(kTenant, after, 3).value();
    ASSERT_THAT(page.types, Not(IsEmpty()));
    for (const std::string& name : NamesOf(page.types)) all.push_back(name);
    after = all.back();
    more = page.more;
  }
  EXPECT_EQ(all, expected);
  EXPECT_THAT(event_types().ListEventTypes(kTenant, all.back(), 3)->types, IsEmpty());
}

TEST_P(EventTypeContract, SomeAreFoundByTheirNames) {
  ASSERT_TRUE(event_types().CreateEventType(kTenant, OrderPaid()).ok());
  const auto found =
      event_types()
          .FindEventTypes(kTenant, {"ticket.closed", "gone", "order.paid", "order.paid"})
          .value();
  EXPECT_THAT(NamesOf(found), ElementsAre("order.paid", "ticket.closed"));
  EXPECT_EQ(found[0].spec, OrderPaid());
  EXPECT_THAT(event_types().FindEventTypes(kTenant, {}).value(), IsEmpty());
}

TEST_P(EventTypeContract, AnUpdateReplacesAllButTheName) {
  const auto created = event_types().CreateEventType(kTenant, OrderPaid()).value();
  harness().Tick();
  const domain::EventTypeSpec bare{.name = "order.paid", .object_type = "invoice"};
  const auto updated = event_types().UpdateEventType(kTenant, 1, bare).value();
  EXPECT_EQ(updated.version, 2);
  EXPECT_EQ(updated.spec, bare);
  EXPECT_EQ(updated.created_at, created.created_at);
  EXPECT_GT(updated.updated_at, created.updated_at);
  EXPECT_EQ(event_types().GetEventType(kTenant, "order.paid")->spec, bare);

  for (const std::int32_t wrong : {0, 1, 3}) {
    const auto late = event_types().UpdateEventType(kTenant, wrong, OrderPaid());
    EXPECT_EQ(late.status().code(), absl::StatusCode::kAborted);
    EXPECT_EQ(ReasonOf(late.status()), "ETAG_MISMATCH");
  }
  EXPECT_EQ(event_types().GetEventType(kTenant, "order.paid")->spec, bare);
}

TEST_P(EventTypeContract, AnUpdatedBuiltInTypeIsStillOne) {
  domain::EventTypeSpec spec =
      event_types().GetEventType(kTenant, "ticket.created")->spec;
  spec.key_fields = {"id"};
  EXPECT_EQ(event_types().UpdateEventType(kTenant, 1, spec)->origin,
            EventTypeOrigin::kBuiltIn);
}

TEST_P(EventTypeContract, ADeletedTypeIsGone) {
  ASSERT_TRUE(event_types().CreateEventType(kTenant, OrderPaid()).ok());
  EXPECT_EQ(ReasonOf(event_types().DeleteEventType(kTenant, "order.paid", 2)),
            "ETAG_MISMATCH");
  EXPECT_OK(event_types().DeleteEventType(kTenant, "order.paid", 1));
  EXPECT_EQ(ReasonOf(event_types().GetEventType(kTenant, "order.paid").status()),
            "EVENT_TYPE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(event_types().DeleteEventType(kTenant, "order.paid", {})),
            "EVENT_TYPE_NOT_FOUND");
  EXPECT_TRUE(event_types().CreateEventType(kTenant, OrderPaid()).ok());
}

TEST_P(EventTypeContract, ATypeThatTriggersAreForIsNotDeleted) {
  const auto webhook = Create(SpecNamed("Helpdesk"));
  const absl::Status refused =
      event_types().DeleteEventType(kTenant, "ticket.created", {});
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "EVENT_TYPE_IN_USE");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("\"Helpdesk\""));

  domain::WebhookSpec elsewhere = webhook.spec;
  elsewhere.triggers = {{.event_type = "ticket.closed"}};
  const auto moved = Update(webhook, elsewhere);
  EXPECT_OK(event_types().DeleteEventType(kTenant, "ticket.created", {}));
  EXPECT_EQ(ReasonOf(event_types().DeleteEventType(kTenant, "ticket.closed", {})),
            "EVENT_TYPE_IN_USE");
  EXPECT_OK(webhooks().Delete(kTenant, moved.webhook_id, {}));
  EXPECT_OK(event_types().DeleteEventType(kTenant, "ticket.closed", {}));
}

TEST_P(EventTypeContract, EveryChangeRaisesTheConfigVersionButLearningDoesNot) {
  std::int64_t version = ConfigVersion();
  const auto raised = [&] {
    const std::int64_t now = ConfigVersion();
    return now - std::exchange(version, now);
  };
  ASSERT_TRUE(event_types().CreateEventType(kTenant, OrderPaid()).ok());
  EXPECT_EQ(raised(), 1);
  ASSERT_TRUE(event_types().UpdateEventType(kTenant, 1, OrderPaid()).ok());
  EXPECT_EQ(raised(), 1);
  EXPECT_OK(event_types().DeleteEventType(kTenant, "order.paid", {}));
  EXPECT_EQ(raised(), 1);
  EXPECT_OK(event_types().SetUnknownTypes(kTenant, UnknownTypes::kLearn));
  EXPECT_EQ(raised(), 1);
  ASSERT_TRUE(
      event_types()
          .LearnEventTypes(kTenant, {{"made.up.0", "thing"}, {"made.up.1", "thing"}})
          .ok());
  EXPECT_EQ(raised(), 0);
  // Nor does what fails.
  EXPECT_FALSE(event_types().DeleteEventType(kTenant, "gone", {}).ok());
  EXPECT_FALSE(event_types().UpdateEventType(kTenant, 9, OrderPaid()).ok());
  EXPECT_EQ(raised(), 0);
}

TEST_P(EventTypeContract, TheCatalogueHoldsEachTypesKeyFields) {
  ASSERT_TRUE(event_types().CreateEventType(kTenant, OrderPaid()).ok());
  EXPECT_OK(event_types().SetUnknownTypes(kTenant, UnknownTypes::kRefuse));
  const auto table = webhooks().LoadMatchTable(kTenant).value();
  const domain::Catalogue loaded = event_types().LoadCatalogue(kTenant).value();
  for (const domain::Catalogue* catalogue : {&table->catalogue(), &loaded}) {
    EXPECT_EQ(catalogue->unknown(), UnknownTypes::kRefuse);
    EXPECT_EQ(catalogue->size(), domain::BuiltInEventTypes().size() + 1);
    EXPECT_EQ(catalogue->Find("ticket.created")->key_fields, nullptr);
    const domain::KnownType* type = catalogue->Find("order.paid");
    ASSERT_NE(type, nullptr);
    ASSERT_NE(type->key_fields, nullptr);
    EXPECT_GT(type->key_fields->id(), 0);
    EXPECT_TRUE(type->seen);
  }
}

// Publishes an event with the key fields that its type has now.
std::int64_t PublishOrder(store::WebhookStore& webhooks,
                          std::unique_ptr<store::PublishTransaction> transaction,
                          const domain::Event& event, const store::StoredWebhook& webhook,
                          const Uuid& window) {
  const auto table = webhooks.LoadMatchTable(kTenant).value();
  const auto& key_fields = table->catalogue().Find(event.type)->key_fields;
  const std::int64_t number = transaction->numbers().at(0);
  EXPECT_OK(transaction->Commit(
      {.events = {{kTenant, number, &event, key_fields ? key_fields->id() : 0}},
       .windows = {{.window_id = window,
                    .tenant_id = kTenant,
                    .webhook_id = webhook.webhook_id,
                    .webhook_version = webhook.version,
                    .content = {.items = {{number, 1}}, .bytes = 100}}}}));
  return number;
}

std::string Kept(const store::StoredEvent& event) {
  if (event.key_fields == nullptr) return "everything";
  const auto document = json::Document::ParseObject(event.event.object).value();
  std::string out;
  event.key_fields->Append(document.root(), &out);
  return out;
}

TEST_P(EventTypeContract, AnEventKeepsTheKeyFieldsOfItsTime) {
  domain::EventTypeSpec spec = OrderPaid();
  spec.key_fields = {"id"};
  ASSERT_TRUE(event_types().CreateEventType(kTenant, spec).ok());
  domain::WebhookSpec wants = SpecNamed("Orders");
  wants.triggers = {{.event_type = "order.paid"}};
  const auto webhook = Create(wants);
  domain::Event event = EventOf("order.paid", "7");
  event.object = R"({"id":1,"total":1.10})";
  const auto publish = [&] {
    return PublishOrder(webhooks(), Begin(1), event, webhook, NextWindowId());
  };

  const std::int64_t first = publish();
  spec.key_fields = {"total"};
  ASSERT_TRUE(event_types().UpdateEventType(kTenant, 1, spec).ok());
  const std::int64_t second = publish();
  spec.description = "other, with the same fields";
  ASSERT_TRUE(event_types().UpdateEventType(kTenant, 2, spec).ok());
  const std::int64_t third = publish();
  spec.key_fields.clear();
  ASSERT_TRUE(event_types().UpdateEventType(kTenant, 3, spec).ok());
  const std::int64_t fourth = publish();

  const std::vector<std::string> expected = {R"({"id":1})", R"({"total":1.10})",
                                             R"({"total":1.10})", "everything"};
  std::vector<std::string> read;
  for (const std::int64_t number : {first, second, third, fourth}) {
    read.push_back(Kept(events().GetEvent(kTenant, number).value()));
  }
  EXPECT_EQ(read, expected);
  EXPECT_EQ(events().GetEvent(kTenant, second)->key_fields->id(),
            events().GetEvent(kTenant, third)->key_fields->id());

  // What a worker claims, and what a list shows.
  std::vector<std::string> claimed;
  for (const auto& stored : Claim(webhook).events) claimed.push_back(Kept(stored));
  EXPECT_EQ(claimed, expected);
  std::vector<std::string> listed;
  const auto page = events().ListEvents(kTenant, {}).value();
  for (const auto& stored : page.events) listed.push_back(Kept(stored));
  std::reverse(listed.begin(), listed.end());
  EXPECT_EQ(listed, expected);
}

TEST_P(EventTypeContract, ADeletedTypesEventsKeepTheirKeyFields) {
  ASSERT_TRUE(event_types().CreateEventType(kTenant, OrderPaid()).ok());
  const auto webhook = Create(SpecNamed("Helpdesk"));
  const std::int64_t number = PublishOrder(
      webhooks(), Begin(1), EventOf("order.paid", "7"), webhook, NextWindowId());
  EXPECT_OK(event_types().DeleteEventType(kTenant, "order.paid", {}));
  EXPECT_EQ(Kept(events().GetEvent(kTenant, number).value()), R"({"id":1})");
}

}  // namespace
}  // namespace windrow::contract
