#include "services/control_plane/status_mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/status.h"
#include "windrow/internal/rpc_details.pb.h"

namespace windrow::control_plane {
namespace {

using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::SizeIs;

// What a client's library makes of the details.
struct Details {
  internal::Status rpc;
  internal::ErrorInfo info;
  internal::BadRequest bad;
  internal::RetryInfo retry;
  bool has_bad = false;
  bool has_retry = false;
};

Details Decode(const grpc::Status& status) {
  Details details;
  EXPECT_TRUE(details.rpc.ParseFromString(status.error_details()));
  for (const google::protobuf::Any& any : details.rpc.details()) {
    if (any.type_url() == "type.googleapis.com/google.rpc.ErrorInfo") {
      EXPECT_TRUE(details.info.ParseFromString(any.value()));
    } else if (any.type_url() == "type.googleapis.com/google.rpc.BadRequest") {
      details.has_bad = details.bad.ParseFromString(any.value());
    } else if (any.type_url() == "type.googleapis.com/google.rpc.RetryInfo") {
      details.has_retry = details.retry.ParseFromString(any.value());
    } else {
      ADD_FAILURE() << any.type_url();
    }
  }
  return details;
}

TEST(StatusMappingTest, OkIsOk) {
  const grpc::Status status = ToGrpcStatus(absl::OkStatus());
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.error_details(), "");
}

TEST(StatusMappingTest, TheBytesAreThoseOfGoogleRpcStatus) {
  const grpc::Status status = ToGrpcStatus(
      WithReason(absl::NotFoundError("no such webhook"), "WEBHOOK_NOT_FOUND"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such webhook");
  // Tags and lengths by hand, from google/rpc/status.proto and error_details.proto.
  EXPECT_EQ(status.error_details(),
            "\x08\x05"
            "\x12\x0f"
            "no such webhook"
            "\x1a\x4c"
            "\x0a\x28"
            "type.googleapis.com/google.rpc.ErrorInfo"
            "\x12\x20"
            "\x0a\x11"
            "WEBHOOK_NOT_FOUND"
            "\x12\x0b"
            "windrow.dev");
}

TEST(StatusMappingTest, EveryCodeKeepsItsNumber) {
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status =
        ToGrpcStatus(absl::Status(static_cast<absl::StatusCode>(code), "x"));
    EXPECT_EQ(static_cast<int>(status.error_code()), code);
    EXPECT_EQ(Decode(status).rpc.code(), code);
    EXPECT_EQ(Decode(status).info.domain(), "windrow.dev");
    EXPECT_NE(Decode(status).info.reason(), "");
  }
}

TEST(StatusMappingTest, ViolationsBecomeABadRequest) {
  Violations violations;
  violations.Add("webhook.name", "is required: 1–128 characters");
  violations.Add("webhook.triggers[2].event_type", "is required: 1–128 characters");
  const grpc::Status status = ToGrpcStatus(violations.ToStatus());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const Details details = Decode(status);
  EXPECT_EQ(details.info.reason(), "INVALID_FIELD");
  ASSERT_TRUE(details.has_bad);
  ASSERT_THAT(details.bad.field_violations(), SizeIs(2));
  EXPECT_EQ(details.bad.field_violations(1).field(), "webhook.triggers[2].event_type");
  EXPECT_EQ(details.bad.field_violations(1).description(),
            "is required: 1–128 characters");
  EXPECT_FALSE(details.has_retry);
}

TEST(StatusMappingTest, WhatPassesSaysWhenToComeAgain) {
  const auto seconds = [](const absl::Status& status) {
    const Details details = Decode(ToGrpcStatus(status));
    return details.has_retry ? details.retry.retry_delay().seconds() : 0;
  };
  const auto full = [](const char* reason) {
    return WithReason(absl::ResourceExhaustedError("full"), reason);
  };
  EXPECT_EQ(seconds(absl::UnavailableError("down")), 1);
  EXPECT_EQ(seconds(full("TOO_MANY_CALLS")), 1);
  EXPECT_EQ(seconds(full("PUBLISH_QUEUE_FULL")), 1);
  EXPECT_EQ(seconds(full("DATABASE_POOL_EXHAUSTED")), 5);
  EXPECT_EQ(seconds(full("TOO_MANY_WATCHES")), 10);
  EXPECT_EQ(seconds(full("TOO_MANY_OPERATIONS")), 10);
  // Nothing that waiting would mend.
  EXPECT_EQ(seconds(absl::ResourceExhaustedError("too large")), 0);
  EXPECT_EQ(seconds(full("EVENT_TOO_LARGE")), 0);
  EXPECT_EQ(seconds(full("TOO_MANY_EVENT_TYPES")), 0);
  EXPECT_EQ(seconds(absl::AbortedError("again")), 0);
}

TEST(StatusMappingTest, OurOwnFaultsAreNotTold) {
  for (const absl::Status& status : {absl::InternalError("SELECT secret FROM webhooks"),
                                     absl::DataLossError("row of secret")}) {
    const grpc::Status mapped = ToGrpcStatus(status);
    EXPECT_EQ(mapped.error_message(), "Windrow's own fault: its log says more");
    EXPECT_THAT(mapped.error_details(), Not(HasSubstr("secret")));
  }
}

TEST(StatusMappingTest, AMessageIsOneLineOfUtf8) {
  const grpc::Status status =
      ToGrpcStatus(absl::InvalidArgumentError("a\r\nb \xff Zoë \xc3"));
  EXPECT_EQ(status.error_message(), "a  b ? Zoë ?");
}

// Clients take 8 KiB of metadata: status, message, each byte of it percent-encoded, and
// the details in base64, with 32 bytes for each entry (RFC 7541, 4.1).
std::size_t TrailerBytes(const grpc::Status& status) {
  return std::string("grpc-status3grpc-messagegrpc-status-details-bin").size() + 3 * 32 +
         3 * status.error_message().size() + (status.error_details().size() + 2) / 3 * 4;
}

TEST(StatusMappingTest, AnyNumberOfViolationsFitsIntoTrailers) {
  Violations violations;
  for (int i = 0; i < 1'000; ++i) {
    violations.Add("webhook.headers[" + std::to_string(i) + "].value", "é 😀 too long");
  }
  const grpc::Status status = ToGrpcStatus(violations.ToStatus());
  EXPECT_THAT(TrailerBytes(status), Le(8'000u));
  const Details details = Decode(status);
  const int shown = details.bad.field_violations_size() - 1;
  EXPECT_GT(shown, 50);
  EXPECT_EQ(details.bad.field_violations(shown).description(),
            "and " + std::to_string(1'000 - shown) + " more");
}

TEST(StatusMappingTest, OneHugeViolationIsCutAndNotDropped) {
  Violations violations;
  violations.Add("webhook.labels[\"" + std::string(9'000, 'k') + "\"]",
                 std::string(9'000, 'r'));
  violations.Add("webhook.name", "is required");
  const grpc::Status status = ToGrpcStatus(violations.ToStatus());
  EXPECT_THAT(TrailerBytes(status), Le(8'000u));
  const Details details = Decode(status);
  ASSERT_THAT(details.bad.field_violations(), SizeIs(2));
  EXPECT_THAT(details.bad.field_violations(0).field(), HasSubstr("webhook.labels[\"kkk"));
  EXPECT_EQ(details.bad.field_violations(1).field(), "webhook.name");
}

}  // namespace
}  // namespace windrow::control_plane
