#include "services/control_plane/delivery_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/control_plane/proto_time.h"

namespace windrow::control_plane {
namespace {

using ::testing::SizeIs;

store::Attempt Failed() {
  store::Attempt attempt;
  attempt.attempt = 2;
  attempt.started_at = absl::FromUnixMillis(1'800'000'000'250);
  attempt.duration = absl::Milliseconds(1'500);
  attempt.connect = absl::Milliseconds(3);
  attempt.remote_address = "203.0.113.7:443";
  attempt.status_code = 503;
  attempt.error = store::AttemptError::kHttp;
  attempt.request_bytes = 10;
  attempt.response_bytes = 20;
  return attempt;
}

TEST(DeliveryMappingTest, AnAttemptIsShownWithTheStepsThatItReached) {
  store::Attempt attempt = Failed();
  v1::Attempt shown;
  TakeToProto(&attempt, &shown);
  EXPECT_EQ(shown.attempt(), 2);
  EXPECT_EQ(shown.start_time().seconds(), 1'800'000'000);
  EXPECT_EQ(shown.start_time().nanos(), 250'000'000);
  EXPECT_EQ(shown.duration().seconds(), 1);
  EXPECT_EQ(shown.duration().nanos(), 500'000'000);
  EXPECT_FALSE(shown.has_name_lookup_duration());
  EXPECT_EQ(shown.connect_duration().nanos(), 3'000'000);
  EXPECT_EQ(shown.remote_address(), "203.0.113.7:443");
  EXPECT_EQ(shown.status_code(), 503);
  EXPECT_EQ(shown.error(), v1::ATTEMPT_ERROR_HTTP);
}

TEST(DeliveryMappingTest, AnAnswerOfAnyBytesCanBeRead) {
  store::Attempt attempt = Failed();
  attempt.response_headers = "x-bad: \xff\xc0\xaf Zoë\r\n";
  attempt.response_body = std::string("\0\xff any", 6);
  v1::Attempt shown;
  TakeToProto(&attempt, &shown);
  v1::Attempt read;
  ASSERT_TRUE(read.ParseFromString(shown.SerializeAsString()));
  EXPECT_EQ(read.response_headers(), "x-bad: \ufffd\ufffd\ufffd Zoë\r\n");
  EXPECT_EQ(read.response_body(), std::string("\0\xff any", 6));
}

TEST(DeliveryMappingTest, ADeliveryIsShownWithItsItemsAndTimes) {
  store::DeliveryRecord record;
  record.delivery_id = Uuid::Parse("0192f0c4-0000-7000-8000-000000000001").value();
  record.webhook_id = Uuid::Parse("0192f0c4-0000-7000-8000-000000000002").value();
  record.state = store::DeliveryState::kRetrying;
  record.created_at = absl::FromUnixSeconds(1'800'000'000);
  record.due_at = absl::FromUnixSeconds(1'800'000'060);
  record.attempt_count = 2;
  record.item_count = 30;
  record.items = {{{101, 7}, "ticket.created", "42"}};
  record.last_attempt = Failed();
  record.request_body = "[]";
  v1::Delivery shown;
  TakeToProto(&record, &shown);
  EXPECT_EQ(shown.delivery_id(), "0192f0c4-0000-7000-8000-000000000001");
  EXPECT_EQ(shown.webhook_id(), "0192f0c4-0000-7000-8000-000000000002");
  EXPECT_EQ(shown.state(), v1::DELIVERY_STATE_RETRYING);
  EXPECT_EQ(shown.create_time().seconds(), 1'800'000'000);
  EXPECT_EQ(shown.due_time().seconds(), 1'800'000'060);
  EXPECT_FALSE(shown.has_finish_time());
  EXPECT_EQ(shown.item_count(), 30);
  ASSERT_THAT(shown.items(), SizeIs(1));
  EXPECT_EQ(shown.items(0).escmsg_id(), 101);
  EXPECT_EQ(shown.items(0).object_id(), "42");
  EXPECT_EQ(shown.last_attempt().attempt(), 2);
  EXPECT_EQ(shown.request_body(), "[]");
}

TEST(ProtoTimeTest, TimesOutsideOfTheMessagesRulesAreNone) {
  const auto at = [](std::int64_t seconds, std::int32_t nanos) {
    google::protobuf::Timestamp proto;
    proto.set_seconds(seconds);
    proto.set_nanos(nanos);
    return TimeFromProto(proto);
  };
  EXPECT_EQ(at(-1, 500'000'000), absl::FromUnixMillis(-500));
  EXPECT_TRUE(at(-62'135'596'800, 0));
  EXPECT_FALSE(at(-62'135'596'801, 0));
  EXPECT_TRUE(at(253'402'300'799, 999'999'999));
  EXPECT_FALSE(at(253'402'300'800, 0));
  EXPECT_FALSE(at(0, -1));
  EXPECT_FALSE(at(0, 1'000'000'000));
}

TEST(ProtoTimeTest, DurationsOutsideOfTheMessagesRulesAreNone) {
  const auto of = [](std::int64_t seconds, std::int32_t nanos) {
    google::protobuf::Duration proto;
    proto.set_seconds(seconds);
    proto.set_nanos(nanos);
    return DurationFromProto(proto);
  };
  EXPECT_EQ(of(1, 500'000'000), absl::Milliseconds(1'500));
  EXPECT_EQ(of(-1, -500'000'000), absl::Milliseconds(-1'500));
  EXPECT_EQ(of(0, -1), absl::Nanoseconds(-1));
  EXPECT_FALSE(of(1, -1));
  EXPECT_FALSE(of(-1, 1));
  EXPECT_FALSE(of(0, 1'000'000'000));
  EXPECT_TRUE(of(315'576'000'000, 0));
  EXPECT_FALSE(of(315'576'000'001, 0));
}

TEST(ProtoTimeTest, WhatCannotBeSaidBecomesTheNearest) {
  google::protobuf::Timestamp time;
  TimeToProto(absl::InfiniteFuture(), &time);
  EXPECT_EQ(time.seconds(), 253'402'300'799);
  TimeToProto(absl::FromUnixMillis(-500), &time);
  EXPECT_EQ(time.seconds(), -1);
  EXPECT_EQ(time.nanos(), 500'000'000);
  google::protobuf::Duration duration;
  DurationToProto(-absl::InfiniteDuration(), &duration);
  EXPECT_EQ(duration.seconds(), -315'576'000'000);
  DurationToProto(absl::Milliseconds(-1'500), &duration);
  EXPECT_EQ(duration.seconds(), -1);
  EXPECT_EQ(duration.nanos(), -500'000'000);
}

TEST(DeliveryMappingTest, WhatWaitsForAnotherNamesIt) {
  store::DeliveryRecord record;
  v1::Delivery proto;
  TakeToProto(&record, &proto);
  EXPECT_EQ(proto.waits_for_delivery_id(), "");
  record.waits_for = Uuid::Parse("0192f0c4-0000-7000-8000-000000000001");
  TakeToProto(&record, &proto);
  EXPECT_EQ(proto.waits_for_delivery_id(), "0192f0c4-0000-7000-8000-000000000001");
}

}  // namespace
}  // namespace windrow::control_plane
