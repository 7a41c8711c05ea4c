#include "common/domain/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "common/json/document.h"

namespace windrow::domain {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::Ne;
using testing::StartsWith;

const Uuid kWebhook = *Uuid::Parse("0192f0c4-0000-7000-8000-0000000000ab");
constexpr std::int32_t kTenant = 1;
constexpr std::int32_t kNotification = 31;

EventView TicketUpdated() {
  EventView event;
  event.escmsg_id = 5'000;
  event.type = "ticket.updated";
  event.object_type = "ticket";
  event.object_id = "2114";
  // 2026-11-25T10:00:00.123456Z
  event.occurred_at = absl::FromUnixMicros(1'795'600'800'123'456);
  event.object = R"({"id":2114})";
  return event;
}

std::string Render(PayloadKind kind, const EventView& event) {
  std::string out;
  EXPECT_TRUE(AppendItem(kind, kTenant, kWebhook, kNotification, event, &out).ok());
  EXPECT_TRUE(json::Document::ParseObject(out).ok()) << out;
  return out;
}

// What follows the envelope of TicketUpdated.
std::string ContentOf(PayloadKind kind, const EventView& event) {
  const std::string item = Render(kind, event);
  constexpr std::string_view kEnd = R"("timestamp":"2026-11-25T10:00:00.123Z")";
  const std::size_t end = item.find(kEnd);
  EXPECT_NE(end, std::string::npos);
  return item.substr(end + kEnd.size());
}

// UUIDv5 of "1/5000/31" in 6fc8846a-bb18-564a-a9bc-ee0237b3be33, from Python's uuid.
constexpr std::string_view kItemId = "d279b4d2-e282-59ad-a747-0b7e4ae58ceb";

TEST(ItemIdTest, IsTheVersion5IdOfTenantEventAndNotification) {
  EXPECT_EQ(ItemId(1, 5'000, 31).ToString(), kItemId);
}

TEST(ItemIdTest, DiffersWhereAnyPartDiffers) {
  const Uuid id = ItemId(1, 5'000, 31);
  EXPECT_THAT(ItemId(2, 5'000, 31), Ne(id));
  EXPECT_THAT(ItemId(1, 5'001, 31), Ne(id));
  EXPECT_THAT(ItemId(1, 5'000, 32), Ne(id));
  EXPECT_THAT(ItemId(15, 0, 0), Ne(ItemId(1, 50, 0)));
}

TEST(AppendItemTest, EventOnlyIsTheEnvelope) {
  EXPECT_EQ(Render(PayloadKind::kEventOnly, TicketUpdated()),
            std::string(R"({"id":")") + std::string(kItemId) +
                R"(","webhook_id":"0192f0c4-0000-7000-8000-0000000000ab",)"
                R"("notification_id":31,"escmsg_id":5000,"event":"ticket.updated",)"
                R"("object_id":"2114","timestamp":"2026-11-25T10:00:00.123Z"})");
}

TEST(AppendItemTest, MessageAndAgentStandWhereTheEventHasThem) {
  EventView event = TicketUpdated();
  event.message = "Reopened by \"Zo\xc3\xab\"";
  EXPECT_EQ(ContentOf(PayloadKind::kEventOnly, event),
            ",\"message\":\"Reopened by \\\"Zo\xc3\xab\\\"\"}");
  event.agent_id = "42";
  EXPECT_EQ(ContentOf(PayloadKind::kEventOnly, event),
            ",\"message\":\"Reopened by \\\"Zo\xc3\xab\\\"\",\"agent_id\":\"42\"}");
  event.message = "";
  EXPECT_EQ(ContentOf(PayloadKind::kEventOnly, event), ",\"agent_id\":\"42\"}");
}

TEST(AppendItemTest, EventNamesAreEscaped) {
  EventView event = TicketUpdated();
  event.type = "say \"hi\"\n\U0001F600\\";
  EXPECT_THAT(Render(PayloadKind::kEventOnly, event),
              HasSubstr("\"event\":\"say \\\"hi\\\"\\n\U0001F600\\\\\",\"object_id\""));
}

TEST(AppendItemTest, SmallKeepsTheKeyFieldsOfTheCatalogueAndTheActionsScalars) {
  const auto key_fields = KeyFields::Of(1, {"summary", "tags", "customer.name"});
  ASSERT_TRUE(key_fields.ok());
  EventView event = TicketUpdated();
  event.object =
      R"({"id":2114,"tags":[1, 2],"summary":"x","customer":{"id":1,"name":"A"}})";
  event.action = R"({"outcome":{"id":1,"name":"Mail"},"tags":[1],"note":"n"})";
  event.key_fields = &*key_fields;
  EXPECT_EQ(ContentOf(PayloadKind::kSmall, event),
            R"(,"ticket":{"tags":[1, 2],"summary":"x","customer":{"name":"A"}},)"
            R"("action":{"outcome":{"id":1,"name":"Mail"},"note":"n"}})");
  EXPECT_EQ(ContentOf(PayloadKind::kFull, event),
            ",\"ticket\":" + std::string(event.object) +
                ",\"action\":" + std::string(event.action) + "}");
}

TEST(ItemBytesTest, CountsTheKeyFieldsOfTheCatalogue) {
  const auto key_fields = KeyFields::Of(1, {"big"});
  EventView event = TicketUpdated();
  const std::string object = R"({"id":2114,"big":[")" + std::string(10'000, 'x') + "\"]}";
  event.object = object;
  event.key_fields = &*key_fields;
  const std::size_t bytes =
      ItemBytes(PayloadKind::kSmall, kTenant, kWebhook, kNotification, event);
  EXPECT_GE(bytes, Render(PayloadKind::kSmall, event).size());
  EXPECT_LE(bytes, Render(PayloadKind::kSmall, event).size() + 20);
}

TEST(AppendItemTest, TimestampsAreCutToMilliseconds) {
  const auto timestamp = [](absl::Time time) {
    EventView event = TicketUpdated();
    event.occurred_at = time;
    const std::string item = Render(PayloadKind::kEventOnly, event);
    return item.substr(item.size() - 26, 24);
  };
  EXPECT_EQ(timestamp(absl::FromUnixSeconds(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(timestamp(absl::FromUnixMicros(999'999)), "1970-01-01T00:00:00.999Z");
  EXPECT_EQ(timestamp(absl::FromUnixMicros(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(timestamp(absl::FromUnixSeconds(-62'135'596'800)),
            "0001-01-01T00:00:00.000Z");
  EXPECT_EQ(timestamp(absl::FromUnixMillis(253'402'300'799'999)),
            "9999-12-31T23:59:59.999Z");
}

TEST(AppendItemTest, FullHoldsObjectActionAndLinkedObjectsInThatOrder) {
  EventView event = TicketUpdated();
  event.object = R"({"id":2114,"nested":{"a":[1,2]}})";
  event.action = R"({"outcome":"Note","items":[1]})";
  const std::vector<LinkedObject> linked = {{"customer", R"({"id":7})"},
                                            {"asset", R"({"id":8})"}};
  event.linked = linked;
  EXPECT_EQ(ContentOf(PayloadKind::kFull, event),
            R"(,"ticket":{"id":2114,"nested":{"a":[1,2]}},)"
            R"("action":{"outcome":"Note","items":[1]},)"
            R"("customer":{"id":7},"asset":{"id":8}})");
}

TEST(AppendItemTest, FullKeepsBytes) {
  EventView event = TicketUpdated();
  event.object = R"({ "id" : 9007199254740993, "n":1.10,"e":1e400 ,"z":-0,)"
                 R"("d":123456789012345678901234567890,"s":"\u0000\ud83d\ude00\/" })";
  EXPECT_EQ(ContentOf(PayloadKind::kFull, event),
            ",\"ticket\":" + std::string(event.object) + "}");
}

TEST(AppendItemTest, SmallHoldsScalarsAndSingleSelectsInTheOrderPublished) {
  EventView event = TicketUpdated();
  event.object =
      R"({"z":1,"list":[1],"status":{"id":9,"name":"Closed"},"a":null,)"
      R"("team":{"name":"3rd line","id":3},"user":{"id":1,"name":"A","mail":"a@b.c"},)"
      R"("half":{"id":1},"empty":{},"ok":true,"s":"t"})";
  event.action = R"({"who":{"id":1},"outcome":{"id":2,"name":"Note"},"n":2})";
  EXPECT_EQ(ContentOf(PayloadKind::kSmall, event),
            R"(,"ticket":{"z":1,"status":{"id":9,"name":"Closed"},"a":null,)"
            R"("team":{"name":"3rd line","id":3},"ok":true,"s":"t"},)"
            R"("action":{"outcome":{"id":2,"name":"Note"},"n":2}})");
}

TEST(AppendItemTest, SmallTakesOnlyScalarIdsAndNamesAsSingleSelects) {
  EventView event = TicketUpdated();
  event.object =
      R"({"a":{"id":null,"name":null},"b":{"id":{"id":1,"name":"x"},"name":"y"},)"
      R"("c":{"id":1,"name":["x"]},"d":{"\u0069d":"1","n\u0061me":2},"e":{"Id":1,"name":2}})";
  EXPECT_EQ(
      ContentOf(PayloadKind::kSmall, event),
      R"(,"ticket":{"a":{"id":null,"name":null},"d":{"\u0069d":"1","n\u0061me":2}}})");
}

TEST(AppendItemTest, SmallKeepsBytesOfKeysAndValues) {
  EventView event = TicketUpdated();
  event.object = R"({ "id" : 9007199254740993 ,"n":1.10,"a\u002eb":1e400,"":"\u0000",)"
                 R"("\"},\"x\":1":-0,"sel": { "id" : 1.0 , "name":"\ud83d\ude00" } })";
  EXPECT_EQ(ContentOf(PayloadKind::kSmall, event),
            R"(,"ticket":{"id":9007199254740993,"n":1.10,"a\u002eb":1e400,"":"\u0000",)"
            R"("\"},\"x\":1":-0,"sel":{ "id" : 1.0 , "name":"\ud83d\ude00" }}})");
}

TEST(AppendItemTest, SmallOfAnObjectWithTwoHundredFields) {
  EventView event = TicketUpdated();
  std::string object = "{";
  std::string wanted = ",\"ticket\":{";
  for (int i = 0; i < 200; ++i) {
    const std::string key = "\"field_" + std::to_string(i) + "\":";
    const std::string scalar = key + std::to_string(i * 3);
    if (i > 0) object += ",";
    object += i % 4 == 3 ? key + "{\"id\":1,\"deep\":[]}" : scalar;
    if (i % 4 == 3) continue;
    wanted += (i > 0 ? "," : "") + scalar;
  }
  object += "}";
  event.object = object;
  EXPECT_EQ(ContentOf(PayloadKind::kSmall, event), wanted + "}}");
}

TEST(AppendItemTest, SmallOfObjectsWithoutKeyFieldsIsEmpty) {
  EventView event = TicketUpdated();
  event.object = R"({"a":[1]})";
  event.action = "{}";
  EXPECT_EQ(ContentOf(PayloadKind::kSmall, event), R"(,"ticket":{},"action":{}})");
}

TEST(AppendItemTest, SmallLeavesLinkedObjectsOut) {
  EventView event = TicketUpdated();
  const std::vector<LinkedObject> linked = {{"customer", R"({"id":7})"}};
  event.linked = linked;
  EXPECT_EQ(ContentOf(PayloadKind::kSmall, event), R"(,"ticket":{"id":2114}})");
}

TEST(AppendItemTest, AppendsToWhatIsThere) {
  std::string out = "before";
  EXPECT_TRUE(AppendItem(PayloadKind::kEventOnly, kTenant, kWebhook, kNotification,
                         TicketUpdated(), &out)
                  .ok());
  EXPECT_THAT(out, StartsWith("before{\"id\":"));
}

TEST(ItemBytesTest, IsAtMostTwentyBytesAboveTheRealSize) {
  EventView event = TicketUpdated();
  event.type = "\"\n\U0001F600";
  event.message = "\x01";
  event.agent_id = "7";
  event.object = R"({"id":2114,"nested":{"a":[1,2]}})";
  event.action = R"({"outcome":"Note"})";
  const std::vector<LinkedObject> linked = {{"customer", R"({"id":7})"}};
  event.linked = linked;
  for (const PayloadKind kind :
       {PayloadKind::kEventOnly, PayloadKind::kSmall, PayloadKind::kFull}) {
    for (const std::int64_t escmsg_id :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{5'000},
          std::numeric_limits<std::int64_t>::max()}) {
      event.escmsg_id = escmsg_id;
      const std::size_t real = Render(kind, event).size();
      EXPECT_THAT(ItemBytes(kind, kTenant, kWebhook, kNotification, event),
                  AllOf(Ge(real), Le(real + 20)));
    }
  }
}

TEST(ItemBytesTest, IsTheRealSizeForTheLongestNumber) {
  EventView event = TicketUpdated();
  event.escmsg_id = std::numeric_limits<std::int64_t>::min();
  event.action = R"({"outcome":"Note"})";
  const std::vector<LinkedObject> linked = {{"customer", R"({"id":7})"}};
  event.linked = linked;
  for (const PayloadKind kind :
       {PayloadKind::kEventOnly, PayloadKind::kSmall, PayloadKind::kFull}) {
    EXPECT_EQ(ItemBytes(kind, kTenant, kWebhook, kNotification, event),
              Render(kind, event).size());
  }
}

// Bodies of one event's items are easy to read by their notification ids.
std::string Body(BatchMode mode, std::vector<Item> items) {
  const std::string body =
      RenderBody(PayloadKind::kEventOnly, mode, kTenant, kWebhook, std::move(items))
          .value();
  EXPECT_TRUE(json::Document::ParseValue(body).ok()) << body;
  return body;
}

std::string ItemText(const EventView& event, std::int32_t notification_id) {
  std::string out;
  EXPECT_TRUE(
      AppendItem(PayloadKind::kEventOnly, kTenant, kWebhook, notification_id, event, &out)
          .ok());
  return out;
}

TEST(RenderBodyTest, WithoutBatchingTheBodyIsTheItem) {
  const EventView event = TicketUpdated();
  EXPECT_EQ(Body(BatchMode::kNone, {{31, &event}}), ItemText(event, 31));
}

TEST(RenderBodyTest, WithBatchingOneItemIsAnArrayOfOne) {
  const EventView event = TicketUpdated();
  for (const BatchMode mode :
       {BatchMode::kSameEvent, BatchMode::kSameEventType, BatchMode::kAny}) {
    EXPECT_EQ(Body(mode, {{31, &event}}), "[" + ItemText(event, 31) + "]");
  }
}

TEST(RenderBodyTest, ItemsStandInEscmsgIdOrder) {
  EventView first = TicketUpdated();
  EventView second = TicketUpdated();
  first.escmsg_id = 9;
  second.escmsg_id = 10;
  EXPECT_EQ(Body(BatchMode::kAny, {{31, &second}, {33, &first}, {32, &first}}),
            "[" + ItemText(first, 33) + "," + ItemText(first, 32) + "," +
                ItemText(second, 31) + "]");
}

TEST(RenderBodyTest, ItemsOfOneEventKeepTheCallersOrder) {
  EventView first = TicketUpdated();
  EventView second = TicketUpdated();
  second.escmsg_id = 5'001;
  std::vector<Item> items;
  std::string firsts, seconds;
  for (int i = 100; i > 0; --i) {
    items.push_back({i, &second});
    items.push_back({i, &first});
    firsts += (firsts.empty() ? "" : ",") + ItemText(first, i);
    seconds += "," + ItemText(second, i);
  }
  EXPECT_EQ(Body(BatchMode::kAny, items), "[" + firsts + seconds + "]");
}

TEST(RenderBodyTest, TheSameItemsGiveTheSameBytes) {
  const EventView event = TicketUpdated();
  const std::vector<Item> items = {{31, &event}, {32, &event}};
  EXPECT_EQ(Body(BatchMode::kAny, items), Body(BatchMode::kAny, items));
}

ItemFormat CustomFormat(CustomPayloadSpec spec) {
  return ItemFormat::Of(
             {.payload = PayloadKind::kCustom, .custom_payload = std::move(spec)})
      .value();
}

TEST(AppendItemTest, ACustomItemIsTheEnvelopeWithItsRows) {
  EventView event = TicketUpdated();
  event.object = R"({"id":2114,"status":{"id":9,"name":"Closed"},"price":1.10})";
  event.previous = R"({"price":2e0})";
  const ItemFormat format = CustomFormat({.fields = {{"status", "object.status"},
                                                     {"status_id", "object.status", true},
                                                     {"was", "previous.price"},
                                                     {"number", "event.escmsg_id"},
                                                     {"none", "object.nothing"}}});
  std::string item;
  ASSERT_TRUE(AppendItem(format, kTenant, kWebhook, kNotification, event, &item).ok());
  EXPECT_THAT(item, testing::EndsWith(
                        R"("timestamp":"2026-11-25T10:00:00.123Z","status":"Closed",)"
                        R"("status_id":9,"was":2e0,"number":5000,"none":null})"));
  EXPECT_THAT(ItemBytes(format, kTenant, kWebhook, kNotification, event),
              AllOf(Ge(item.size()), Le(item.size() + 40)));
}

TEST(AppendItemTest, ACustomItemThatGrowsTooLargeLeavesNothingBehind) {
  EventView event = TicketUpdated();
  const std::string object = R"({"a":")" + std::string(200'000, 'x') + R"("})";
  event.object = object;
  CustomPayloadSpec spec;
  for (int i = 0; i < 200; ++i) {
    spec.fields.push_back({"k" + std::to_string(i), "object.a"});
  }
  std::string item = "before";
  EXPECT_EQ(AppendItem(CustomFormat(spec), kTenant, kWebhook, kNotification, event, &item)
                .code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(item, "before");
  EXPECT_EQ(RenderBody(CustomFormat(spec), BatchMode::kNone, kTenant, kWebhook,
                       {{kNotification, &event}})
                .status()
                .code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ItemFormatTest, OfASpecThatDoesNotCompileIsRefused) {
  EXPECT_EQ(ItemFormat::Of({.payload = PayloadKind::kCustom}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(ItemFormat::Of({.payload = PayloadKind::kSmall}).ok());
}

}  // namespace
}  // namespace windrow::domain
