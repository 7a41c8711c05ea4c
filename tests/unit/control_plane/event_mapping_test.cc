#include "services/control_plane/event_mapping.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

v1::Event TicketCreated() {
  v1::Event event;
  event.set_type("ticket.created");
  event.set_object_type("ticket");
  event.set_object_id("7");
  event.set_object(R"({"id":7})");
  return event;
}

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const Violation& violation : ViolationsOf(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

absl::Status Take(v1::Event event) { return TakeEvent(&event).status(); }

TEST(TakeEventTest, EveryFieldIsTakenByteForByte) {
  v1::Event event = TicketCreated();
  event.set_event_id("order-7");
  event.set_object(R"({"n": 1.10,  "big":9007199254740993, "s":"\u0000"})");
  event.set_previous(R"({"n":1e400})");
  event.set_action(R"({"outcome":"call"})");
  v1::LinkedObject* linked = event.add_linked_objects();
  linked->set_name("customer");
  linked->set_object(R"({"":-0})");
  event.set_message("printer\non fire");
  event.set_agent_id("agent 7");
  event.mutable_occur_time()->set_seconds(1'800'000'000);
  event.mutable_occur_time()->set_nanos(250'000'000);
  event.set_escmsg_id(99);
  event.mutable_receive_time()->set_nanos(-5);

  const absl::StatusOr<domain::Event> taken = TakeEvent(&event);
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->event_id, "order-7");
  EXPECT_EQ(taken->type, "ticket.created");
  EXPECT_EQ(taken->object_type, "ticket");
  EXPECT_EQ(taken->object_id, "7");
  EXPECT_EQ(taken->object, R"({"n": 1.10,  "big":9007199254740993, "s":"\u0000"})");
  EXPECT_EQ(taken->previous, R"({"n":1e400})");
  EXPECT_EQ(taken->action, R"({"outcome":"call"})");
  EXPECT_THAT(taken->linked, ElementsAre(domain::LinkedObject{"customer", R"({"":-0})"}));
  EXPECT_EQ(taken->message, "printer\non fire");
  EXPECT_EQ(taken->agent_id, "agent 7");
  EXPECT_EQ(taken->occurred_at, absl::FromUnixMillis(1'800'000'000'250));
}

TEST(TakeEventTest, AnEventWithoutATimeHasNone) {
  v1::Event event = TicketCreated();
  EXPECT_EQ(TakeEvent(&event)->occurred_at, std::nullopt);
}

TEST(TakeEventTest, AnEmptyEventIsToldAllThatItLacks) {
  EXPECT_THAT(FieldsOf(Take({})), ElementsAre("event.type", "event.object_id",
                                              "event.object_type", "event.object"));
}

TEST(TakeEventTest, ATimeThatIsNoneJoinsTheOtherViolations) {
  v1::Event event = TicketCreated();
  event.mutable_occur_time()->set_nanos(1'000'000'000);
  EXPECT_THAT(FieldsOf(Take(event)), ElementsAre("event.occur_time"));
  event.set_type("");
  event.mutable_occur_time()->set_seconds(253'402'300'800);  // year 10000
  EXPECT_THAT(FieldsOf(Take(event)), ElementsAre("event.occur_time", "event.type"));
}

TEST(TakeEventTest, OneMebibyteOfJsonIsTheLimitOfAllTextsTogether) {
  v1::Event event = TicketCreated();
  event.set_previous(R"({"a":1})");  // 7 bytes
  const std::string frame = R"({"s":""})";
  const std::size_t room = (1u << 20) - 7 - frame.size();
  event.set_object(fmt::format(R"({{"s":"{}"}})", std::string(room, 'x')));
  EXPECT_TRUE(Take(event).ok()) << Take(event);
  event.set_object(fmt::format(R"({{"s":"{}"}})", std::string(room + 1, 'x')));
  const absl::Status status = Take(event);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "EVENT_TOO_LARGE");
  EXPECT_THAT(std::string(status.message()), HasSubstr("1 MiB"));
}

TEST(TakeEventTest, ATooLargeEventIsToldThatWhateverElseIsWrong) {
  v1::Event event;
  event.set_object(std::string((1u << 20) + 1, 'x'));
  event.mutable_occur_time()->set_nanos(-1);
  EXPECT_EQ(ReasonOf(Take(event)), "EVENT_TOO_LARGE");
}

TEST(AnswerToProtoTest, ACommittedEventHasItsNumbers) {
  v1::PublishEventResponse response;
  AnswerToProto({.escmsg_id = 7, .matched = 3}, &response);
  EXPECT_EQ(response.published().escmsg_id(), 7);
  EXPECT_EQ(response.published().matched(), 3);
  EXPECT_FALSE(response.published().duplicate());
  AnswerToProto({.escmsg_id = 7, .duplicate = true}, &response);
  EXPECT_TRUE(response.published().duplicate());
}

TEST(AnswerToProtoTest, ARefusalHasCodeReasonAndViolations) {
  v1::Event event = TicketCreated();
  event.set_object("{\"a\":01}");
  v1::PublishEventResponse response;
  AnswerToProto({.status = Take(event)}, &response);
  EXPECT_EQ(response.refused().code(), 3);
  EXPECT_EQ(response.refused().reason(), "INVALID_FIELD");
  ASSERT_THAT(response.refused().field_violations(), SizeIs(1));
  EXPECT_EQ(response.refused().field_violations(0).field(), "event.object");
  EXPECT_THAT(response.refused().field_violations(0).description(), HasSubstr("byte 6"));
  EXPECT_THAT(response.refused().message(), HasSubstr("event.object"));
}

TEST(AnswerToProtoTest, EveryRefusalHasAReason) {
  v1::PublishEventResponse response;
  AnswerToProto({.status = WithReason(absl::ResourceExhaustedError("too large"),
                                      "EVENT_TOO_LARGE")},
                &response);
  EXPECT_EQ(response.refused().code(), 8);
  EXPECT_EQ(response.refused().reason(), "EVENT_TOO_LARGE");
  AnswerToProto({.status = absl::UnavailableError("later")}, &response);
  EXPECT_EQ(response.refused().code(), 14);
  EXPECT_EQ(response.refused().reason(), "UNAVAILABLE");
  EXPECT_THAT(response.refused().field_violations(), IsEmpty());
}

TEST(AnswerToProtoTest, AThousandOfTheLongestRefusalsFitInOneAnswer) {
  v1::Event event;
  for (int i = 0; i < 32; ++i) event.add_linked_objects();
  event.set_type(std::string(200, '\x01'));
  event.set_message(std::string(5'000, 'x'));
  event.set_object("{\"" + std::string(500'000, 'k') + "\":1,\"" +
                   std::string(500'000, 'k') + "\":2}");
  v1::PublishEventResponse response;
  AnswerToProto({.status = Take(event)}, &response);
  EXPECT_THAT(response.ByteSizeLong(), Le(4'000u));
  const auto& violations = response.refused().field_violations();
  EXPECT_EQ(violations.rbegin()->field(), "");
  EXPECT_THAT(violations.rbegin()->description(),
              ::testing::MatchesRegex("and [0-9]+ more"));
}

TEST(AnswerToProtoTest, ARefusalCanBeReadWhateverBytesItQuotes) {
  std::string key;
  for (int i = 0; i < 1'000; ++i) key += "😀";
  v1::Event event = TicketCreated();
  event.set_object("{\"" + key + "\":1,\"" + key + "\":2}");
  v1::PublishEventResponse response;
  AnswerToProto({.status = Take(event)}, &response);
  v1::PublishEventResponse read;
  EXPECT_TRUE(read.ParseFromString(response.SerializeAsString()));
  EXPECT_THAT(read.refused().field_violations(0).description(), HasSubstr("😀"));
  AnswerToProto({.status = absl::InvalidArgumentError("bytes \xff\xc0 and \x01")},
                &response);
  EXPECT_TRUE(read.ParseFromString(response.SerializeAsString()));
  EXPECT_EQ(read.refused().message(), "bytes ?? and  ");
}

TEST(StoredEventTest, IsShownAsItWasPublished) {
  v1::Event event = TicketCreated();
  event.set_event_id("order-7");
  event.set_previous(R"({"id":6})");
  event.set_action("{}");
  event.set_message("m");
  event.set_agent_id("a");
  event.mutable_occur_time()->set_seconds(1'700'000'000);
  v1::LinkedObject* linked = event.add_linked_objects();
  linked->set_name("customer");
  linked->set_object(R"({"x":1.10})");
  event.set_origin_webhook_id("0192f0c4-0000-7000-8000-000000000001");
  event.set_hops(3);
  v1::Event wanted = event;
  wanted.set_escmsg_id(12);
  wanted.mutable_receive_time()->set_seconds(1'800'000'000);
  wanted.mutable_receive_time()->set_nanos(1'000);

  store::StoredEvent stored{.tenant_id = 1,
                            .escmsg_id = 12,
                            .received_at = absl::FromUnixMicros(1'800'000'000'000'001),
                            .event = TakeEvent(&event).value()};
  v1::Event shown;
  TakeToProto(&stored, &shown);
  EXPECT_EQ(shown.SerializeAsString(), wanted.SerializeAsString());
}

TEST(MemoryOfEventTest, CountsEveryText) {
  v1::Event small = TicketCreated();
  v1::Event large = TicketCreated();
  large.set_message(std::string(1'000, 'm'));
  large.set_object("{\"s\":\"" + std::string(10'000, 'x') + "\"}");
  const std::size_t small_bytes = MemoryOf(TakeEvent(&small).value());
  const std::size_t large_bytes = MemoryOf(TakeEvent(&large).value());
  EXPECT_GE(small_bytes, sizeof(domain::Event));
  EXPECT_GE(large_bytes, small_bytes + 11'000);
}

TEST(TakeEventTest, AnOriginWithoutHopsIsOneHopAway) {
  v1::Event event = TicketCreated();
  event.set_origin_webhook_id("0192f0c4-0000-7000-8000-000000000001");
  const auto taken = TakeEvent(&event).value();
  EXPECT_EQ(taken.origin_webhook_id->ToString(), "0192f0c4-0000-7000-8000-000000000001");
  EXPECT_EQ(taken.hops, 1);
  event = TicketCreated();
  event.set_origin_webhook_id("me");
  event.set_hops(-1);
  EXPECT_THAT(FieldsOf(Take(event)),
              ::testing::UnorderedElementsAre("event.origin_webhook_id", "event.hops"));
}

}  // namespace
}  // namespace windrow::control_plane
