#include "common/domain/ordering.h"

#include <gtest/gtest.h>

namespace windrow::domain {
namespace {

TEST(OrderingTest, WithoutAnOrderThereIsNoKey) {
  EXPECT_EQ(OrderKey(Ordering::kNone, "ticket", "7"), "");
}

TEST(OrderingTest, ObjectsAreToldApartByTypeAndId) {
  EXPECT_EQ(OrderKey(Ordering::kPerObject, "ticket", "7"), "object/ticket/7");
  EXPECT_EQ(OrderKey(Ordering::kPerObject, "asset", "7"), "object/asset/7");
}

TEST(OrderingTest, AWebhookHasOneKey) {
  EXPECT_EQ(OrderKey(Ordering::kPerWebhook, "ticket", "7"), "webhook");
  EXPECT_EQ(OrderKey(Ordering::kPerWebhook, "", ""), "webhook");
}

}  // namespace
}  // namespace windrow::domain
