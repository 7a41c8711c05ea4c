// Whatever the filter, a list of webhooks has those that the filter means, in order,
// however it is cut into pages.
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "tests/contract/contract_fixture.h"
#include "tests/contract/filter_samples.h"
#include "tests/support/list_values.h"

namespace windrow::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

filter::Filter WhereWebhooks(const std::string& text) {
  return filter::Compile(text, store::kWebhookFields).value();
}

std::vector<std::string> Names(const store::WebhookPage& page) {
  std::vector<std::string> names;
  for (const auto& webhook : page.webhooks) names.push_back(webhook.spec.name);
  return names;
}

domain::WebhookSpec Spec(const std::string& name, const std::string& url,
                         const std::vector<std::string>& event_types,
                         const std::map<std::string, std::string>& labels) {
  domain::WebhookSpec spec = SpecNamed(name);
  spec.url = url;
  spec.triggers.clear();
  for (const std::string& type : event_types) {
    spec.triggers.push_back({.event_type = type});
  }
  spec.labels = labels;
  return spec;
}

TEST_P(WebhookStoreContract, ListFiltersByWhatAProfileSays) {
  const auto tickets = Create(Spec("Tickets", "https://a.example/hook", {"a.x", "a.y"},
                                   {{"env", "prod"}, {"odd.key", ""}}));
  harness().Tick();
  Create(Spec("Orders", "https://b.example/hook", {"b.x"}, {{"env", "test"}}));
  const auto list = [&](const std::string& text) {
    return Names(webhooks().List(kTenant, {.where = WhereWebhooks(text)}).value());
  };
  EXPECT_THAT(list("name = Tickets"), ElementsAre("Tickets"));
  EXPECT_THAT(list("name = tickets"), IsEmpty());
  EXPECT_THAT(list("name = \"*s\""), ElementsAre("Orders", "Tickets"));
  EXPECT_THAT(list("url = \"https://a.example/*\""), ElementsAre("Tickets"));
  EXPECT_THAT(list("event_type:a.y"), ElementsAre("Tickets"));
  EXPECT_THAT(list("event_type = \"b.*\""), ElementsAre("Orders"));
  EXPECT_THAT(list("labels.env:prod"), ElementsAre("Tickets"));
  EXPECT_THAT(list("labels:env"), ElementsAre("Orders", "Tickets"));
  EXPECT_THAT(list("labels.\"odd.key\" = \"\""), ElementsAre("Tickets"));
  EXPECT_THAT(list("labels.env != prod"), ElementsAre("Orders"));
  EXPECT_THAT(list("enabled = false"), IsEmpty());

  // What the filter sees is the newest version.
  domain::WebhookSpec changed = tickets.spec;
  changed.enabled = false;
  changed.url = "https://c.example/hook";
  changed.labels = {{"team", "x"}};
  changed.triggers[0].event_type = "c.x";
  Update(tickets, changed);
  EXPECT_THAT(list("enabled = false AND url = \"https://c*\" AND labels.team:x AND "
                   "event_type:c.x"),
              ElementsAre("Tickets"));
  EXPECT_THAT(list("labels.env:prod OR event_type:a.x"), IsEmpty());
}

std::string AnyWebhookComparison(const std::vector<store::StoredWebhook>& world) {
  using rc::gen::element;
  const auto equality = *element<std::string>(" = ", " != ", ":");
  const auto strict = *element<std::string>(" = ", " != ");
  switch (*rc::gen::inRange(0, 7)) {
    case 0:
      return "name" + strict +
             *element<std::string>("w0", "w3", "none", "\"w*\"", "\"*3\"", "\"*_*\"");
    case 1:
      return "enabled" + strict + *element<std::string>("true", "false");
    case 2:
      return "url" + strict +
             *element<std::string>("\"https://a.example/0\"", "\"https://a*\"", "\"*/1\"",
                                   "\"*.example*\"");
    case 3:
      return "event_type" + equality +
             *element<std::string>("a", "b", "c", "none", "\"a*\"", "\"*%*\"");
    case 4:
      return "labels." + *element<std::string>("env", "team", "\"odd key\"", "none") +
             equality + *element<std::string>("x", "y", "\"\"", "\"x*\"", "\"*\"");
    case 5:
      return "labels:" + *element<std::string>("env", "team", "\"odd key\"", "none", "*");
    default: {
      const absl::Time at = (*rc::gen::elementOf(world)).created_at +
                            absl::Microseconds(*rc::gen::element(-1, 0, 1));
      return "create_time" + *element<std::string>(" < ", " >= ", " = ", " != ") + "\"" +
             absl::FormatTime(absl::RFC3339_full, at, absl::UTCTimeZone()) + "\"";
    }
  }
}

TEST_P(WebhookStoreContract, AnyFilterTakesWhatItMeans) {
  const std::vector<std::string> types[] = {{"a"}, {"a", "b", "a"}, {"a%b"}};
  const std::map<std::string, std::string> labels[] = {
      {}, {{"env", "x"}, {"team", "y"}}, {{"env", ""}}, {{"odd key", "xx"}}};
  for (int i = 0; i < 9; ++i) {
    const std::string host = i % 2 == 0 ? "a" : "b";
    auto spec = Spec("w" + std::to_string(i),
                     "https://" + host + ".example/" + std::to_string(i % 3),
                     types[i % 3], labels[i % 4]);
    spec.enabled = i % 4 != 1;
    Create(spec);
    harness().Tick();
  }
  Create(Spec("w1", "https://a.example/0", {"a"}, {{"env", "x"}}),
         harness().AddTenant("other"));
  const auto world = webhooks().List(kTenant, {}).value().webhooks;
  ASSERT_EQ(world.size(), 9u);
  EXPECT_TRUE(HoldsForAny("a list has what its filter means", [&] {
    const std::string text = AnyFilter([&] { return AnyWebhookComparison(world); });
    store::WebhookQuery query{.where = WhereWebhooks(text)};
    query.limit = *rc::gen::element(1, 2, 100);
    query.examine = *rc::gen::element(1, 3, 1'000);
    std::vector<std::string> expected, found;
    for (const auto& webhook : world) {
      if (testing::Matches(query.where, webhook)) expected.push_back(webhook.spec.name);
    }
    for (int pages = 0; pages < 20; ++pages) {
      const auto page = webhooks().List(kTenant, query).value();
      for (const std::string& name : Names(page)) found.push_back(name);
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
