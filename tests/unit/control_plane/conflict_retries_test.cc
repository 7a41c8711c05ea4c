#include "services/control_plane/conflict_retries.h"

#include <gtest/gtest.h>

namespace windrow::control_plane {
namespace {

absl::Status Conflict() {
  return WithReason(absl::AbortedError("deadlock"), "DATABASE_CONFLICT");
}

TEST(ConflictRetriesTest, RunsAgainUntilItIsThrough) {
  int runs = 0;
  EXPECT_TRUE(RunDespiteConflicts([&] {
                return ++runs < 3 ? Conflict() : absl::OkStatus();
              }).ok());
  EXPECT_EQ(runs, 3);
}

TEST(ConflictRetriesTest, GivesUpAfterFive) {
  int runs = 0;
  const absl::Status status = RunDespiteConflicts([&] {
    ++runs;
    return Conflict();
  });
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_EQ(runs, 5);
}

TEST(ConflictRetriesTest, AnEtagThatDoesNotMatchIsNoConflict) {
  int runs = 0;
  EXPECT_TRUE(absl::IsAborted(RunDespiteConflicts([&] {
    ++runs;
    return absl::AbortedError("another edit came first");
  })));
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace windrow::control_plane
