#include "common/base/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace windrow {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ViolationsTest, NoViolationIsOk) {
  const Violations violations;
  EXPECT_TRUE(violations.empty());
  EXPECT_TRUE(violations.ToStatus().ok());
}

TEST(ViolationsTest, EveryViolationIsInTheMessageAndInThePayload) {
  Violations violations;
  violations.Add("webhook.url", "must be https");
  violations.Add("webhook.triggers[2].event_type", "is not in the catalogue");
  const absl::Status status = violations.ToStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()),
            "webhook.url: must be https; "
            "webhook.triggers[2].event_type: is not in the catalogue");
  EXPECT_THAT(ViolationsOf(status),
              ElementsAre(Violation{"webhook.url", "must be https"},
                          Violation{"webhook.triggers[2].event_type",
                                    "is not in the catalogue"}));
}

TEST(ViolationsTest, AnyBytesComeBackUnchanged) {
  const std::string odd("a\0;: \xff\n", 7);
  Violations violations;
  violations.Add(odd, "");
  violations.Add("", odd);
  EXPECT_THAT(ViolationsOf(violations.ToStatus()),
              ElementsAre(Violation{odd, ""}, Violation{"", odd}));
}

TEST(ViolationsTest, AStatusWithoutThemHasNone) {
  EXPECT_THAT(ViolationsOf(absl::OkStatus()), IsEmpty());
  EXPECT_THAT(ViolationsOf(absl::NotFoundError("no webhook")), IsEmpty());
}

TEST(ReasonTest, TravelsWithTheStatusAndBesideViolations) {
  Violations violations;
  violations.Add("name", "is taken");
  const absl::Status status = WithReason(violations.ToStatus(), "NAME_TAKEN");
  const absl::Status copy = status;
  EXPECT_EQ(ReasonOf(copy), "NAME_TAKEN");
  EXPECT_THAT(ViolationsOf(copy), ElementsAre(Violation{"name", "is taken"}));
}

TEST(ReasonTest, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(ReasonOf(absl::AbortedError("etag")), "");
  EXPECT_EQ(ReasonOf(WithReason(absl::OkStatus(), "X")), "");
}

absl::StatusOr<std::unique_ptr<int>> Make(absl::Status status) {
  if (!status.ok()) return status;
  return std::make_unique<int>(7);
}

absl::StatusOr<int> AddTwo(absl::Status first, absl::Status second) {
  WINDROW_RETURN_IF_ERROR(first);
  WINDROW_ASSIGN_OR_RETURN(const std::unique_ptr<int> a, Make(first));
  WINDROW_ASSIGN_OR_RETURN(const std::unique_ptr<int> b, Make(second));
  return *a + *b;
}

TEST(StatusMacrosTest, PassOnTheFirstErrorElseTheValue) {
  EXPECT_EQ(AddTwo(absl::OkStatus(), absl::OkStatus()).value(), 14);
  EXPECT_EQ(AddTwo(absl::AbortedError("a"), absl::InternalError("b")).status(),
            absl::AbortedError("a"));
  EXPECT_EQ(AddTwo(absl::OkStatus(), absl::InternalError("b")).status(),
            absl::InternalError("b"));
}

}  // namespace
}  // namespace windrow
