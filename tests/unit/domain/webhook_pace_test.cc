// What holds a webhook's deliveries back: batches, rates, orderings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/domain/webhook.h"
#include "tests/unit/domain/webhook_samples.h"

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ClosesOpenWindowsTest, EditsOfBatchingOrPayloadCloseThem) {
  WebhookSpec before = Spec();
  before.payload = PayloadKind::kSmall;
  before.batching = {BatchMode::kAny, absl::Seconds(300), 100};
  WebhookSpec after = before;
  EXPECT_FALSE(ClosesOpenWindows(before, after));
  after.batching.wait = absl::Seconds(5);
  EXPECT_TRUE(ClosesOpenWindows(before, after));
  after = before;
  after.batching.max_items = 99;
  EXPECT_TRUE(ClosesOpenWindows(before, after));
  after = before;
  after.batching.mode = BatchMode::kSameEvent;
  EXPECT_TRUE(ClosesOpenWindows(before, after));
  after.batching.mode = BatchMode::kNone;
  EXPECT_TRUE(ClosesOpenWindows(before, after));
  after = before;
  after.payload = PayloadKind::kEventOnly;
  EXPECT_TRUE(ClosesOpenWindows(before, after));
}

TEST(ClosesOpenWindowsTest, OtherEditsLeaveThemOpen) {
  WebhookSpec before = Spec();
  before.payload = PayloadKind::kSmall;
  before.batching.mode = BatchMode::kAny;
  WebhookSpec after = before;
  after.name = "Other";
  after.url = "https://example.org/";
  after.headers = {{"x-a", "b"}};
  after.timeout = absl::Seconds(5);
  after.triggers.push_back({0, "ticket.closed"});
  EXPECT_FALSE(ClosesOpenWindows(before, after));
}

TEST(ClosesOpenWindowsTest, WithoutBatchingNoWindowIsOpen) {
  WebhookSpec before = Spec();
  WebhookSpec after = before;
  after.payload = PayloadKind::kSmall;
  after.batching.mode = BatchMode::kAny;
  EXPECT_FALSE(ClosesOpenWindows(before, after));
}

TEST(ValidateWebhookTest, RatesHaveLimits) {
  WebhookSpec spec = Spec();
  for (const double rate : {0.0, 0.001, 1.5, 10'000.0}) {
    spec.rate.requests_per_second = rate;
    EXPECT_THAT(Check(spec), IsEmpty()) << rate;
  }
  for (const double rate :
       {-1.0, 0.0009, 10'000.1, std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN()}) {
    spec.rate.requests_per_second = rate;
    EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.rate.requests_per_second"))
        << rate;
  }
  EXPECT_THAT(RuleFor(spec), HasSubstr("0.001–10000"));
  spec.rate = {.max_concurrent_requests = 10'000};
  EXPECT_THAT(Check(spec), IsEmpty());
  for (const int most : {-1, 10'001}) {
    spec.rate.max_concurrent_requests = most;
    EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.rate.max_concurrent_requests"));
  }
}

TEST(ValidateWebhookTest, ObjectsAreOrderedWithoutBatchingOnly) {
  WebhookSpec spec = Spec();
  spec.payload = PayloadKind::kSmall;
  spec.ordering = Ordering::kPerObject;
  EXPECT_THAT(Check(spec), IsEmpty());
  for (const BatchMode mode :
       {BatchMode::kSameEvent, BatchMode::kSameEventType, BatchMode::kAny}) {
    spec.batching.mode = mode;
    EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.ordering"));
    EXPECT_THAT(RuleFor(spec), HasSubstr("PER_OBJECT is for batching NONE"));
  }
}

TEST(ValidateWebhookTest, AWebhookIsOrderedWithOneBatchAtATimeOnly) {
  WebhookSpec spec = Spec();
  spec.payload = PayloadKind::kSmall;
  spec.ordering = Ordering::kPerWebhook;
  for (const BatchMode mode : {BatchMode::kNone, BatchMode::kAny}) {
    spec.batching.mode = mode;
    EXPECT_THAT(Check(spec), IsEmpty());
  }
  for (const BatchMode mode : {BatchMode::kSameEvent, BatchMode::kSameEventType}) {
    spec.batching.mode = mode;
    EXPECT_THAT(BrokenFields(spec), ElementsAre("webhook.ordering"));
    EXPECT_THAT(RuleFor(spec), HasSubstr("NONE or ANY"));
  }
  spec.batching.mode = BatchMode::kNone;
  spec.ordering = static_cast<Ordering>(0xff);
  EXPECT_THAT(RuleFor(spec), HasSubstr("NONE, PER_OBJECT or PER_WEBHOOK"));
}

TEST(GatedTest, AWebhookWithARateOrAnOrderIs) {
  WebhookSpec spec = Spec();
  EXPECT_FALSE(IsGated(spec));
  spec.rate.max_concurrent_requests = 1;
  EXPECT_TRUE(IsGated(spec));
  spec.rate = {};
  spec.ordering = Ordering::kPerWebhook;
  EXPECT_TRUE(IsGated(spec));
}

}  // namespace
}  // namespace windrow::domain
