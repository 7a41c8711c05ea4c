#include "services/control_plane/delivery_use_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "tests/support/fake_store.h"

namespace windrow::control_plane {
namespace {

using store::Requeue;

TEST(RequeueStatusTest, EachVerdictHasItsCodeAndReason) {
  EXPECT_TRUE(ToStatus(Requeue::kDone).ok());
  EXPECT_EQ(ToStatus(Requeue::kNotFound).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(ToStatus(Requeue::kNotFound)), "DELIVERY_NOT_FOUND");
  const std::pair<Requeue, const char*> refused[] = {
      {Requeue::kOpen, "DELIVERY_OPEN"},
      {Requeue::kInFlight, "DELIVERY_IN_FLIGHT"},
      {Requeue::kWebhookDisabled, "WEBHOOK_DISABLED"},
      {Requeue::kWebhookDeleted, "WEBHOOK_DELETED"},
      {Requeue::kBodyNotKept, "BODY_NOT_KEPT"},
      {Requeue::kBodyExpired, "BODY_EXPIRED"},
      {Requeue::kEventsNotKept, "EVENTS_NOT_KEPT"}};
  for (const auto& [verdict, reason] : refused) {
    EXPECT_EQ(ToStatus(verdict).code(), absl::StatusCode::kFailedPrecondition) << reason;
    EXPECT_EQ(ReasonOf(ToStatus(verdict)), reason);
  }
}

TEST(RequeueStatusTest, WhatHasExpiredNamesTheRetention) {
  const std::string text(ToStatus(Requeue::kBodyExpired).message());
  EXPECT_NE(text.find("retention"), std::string::npos) << text;
}

TEST(DeliveryUseCasesTest, WhatIsNotThereIsNotFound) {
  ManualClock clock(absl::FromUnixSeconds(1'800'000'000));
  testing::FakeStore store(clock);
  const Uuid id = *Uuid::Parse("0192f0c4-0000-7000-8000-000000000001");
  EXPECT_EQ(ReasonOf(Redeliver(store, 1, id)), "DELIVERY_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Cancel(store, 1, id)), "DELIVERY_NOT_FOUND");
}

TEST(DeliveryUseCasesTest, AnAbsentDatabaseIsSaid) {
  ManualClock clock(absl::FromUnixSeconds(1'800'000'000));
  testing::FakeStore store(clock);
  store.SetDown(absl::UnavailableError("no database"));
  EXPECT_EQ(Redeliver(store, 1, Uuid()).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace windrow::control_plane
