// A worker that has just started, and a crowd of webhooks whose retries are due and whose
// endpoints hang.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "tests/unit/delivery/delivery_fixture.h"

namespace windrow::delivery {
namespace {

constexpr int kCrowd = 1'000;
constexpr int kHealthy = 10;

class FailingCrowdTest : public DeliveryTest {
 protected:
  FailingCrowdTest() : DeliveryTest({.concurrency = 50, .max_in_flight = 200}) {}

  // Webhooks with one delivery each, that failed and is due again, of which this worker
  // has forgotten all.
  void MakeCrowd() {
    domain::WebhookSpec spec = SpecNamed("dead");
    spec.retry.delays = {absl::ZeroDuration(), absl::Minutes(10), absl::Minutes(10)};
    for (int i = 0; i < kCrowd; ++i) {
      spec.name = fmt::format("dead{}", i);
      Publish(Create(spec), 1);
    }
    for (int i = 0; i < 100 && sender_.count() < kCrowd; ++i) {
      ClaimAll();
      sender_.FinishAll(Answer(503));
      RecordAll();
      Advance(absl::Milliseconds(20));
    }
    ASSERT_EQ(sender_.count(), kCrowd);
    Advance(absl::Minutes(15));
    dispatcher_.Tidy();
  }
  // Requests to them that run.
  int Hanging() const { return static_cast<int>(sender_.in_flight()); }
  // Answers what goes to others.
  int AnswerHealthy() {
    int answered = 0;
    const auto urls = sender_.Urls();
    for (; seen_ < urls.size(); ++seen_) {
      if (urls[seen_].find("dead") != std::string::npos) continue;
      sender_.Finish(seen_, Answer(200));
      ++answered;
    }
    return answered;
  }

  std::size_t seen_ = 0;
};

TEST_F(FailingCrowdTest, LeavesAQuarterOfAllToNewWebhooksThatAreWell) {
  MakeCrowd();
  seen_ = sender_.count();
  claim_.Wake({}, /*scan=*/true);
  // The crowd has come first, and hangs.
  for (int i = 0; i < 10; ++i) {
    ClaimAll();
    Advance(absl::Milliseconds(100));
  }
  EXPECT_GE(Hanging(), 100);
  EXPECT_LT(Hanging(), 150);

  for (int i = 0; i < kHealthy; ++i) {
    Publish(Create(SpecNamed(fmt::format("healthy{}", i))), 1);
  }
  int answered = 0;
  for (int i = 0; i < 10; ++i) {
    ClaimAll();
    answered += AnswerHealthy();
    Advance(absl::Milliseconds(100));
  }
  EXPECT_EQ(answered, kHealthy);
  EXPECT_LT(Hanging(), 150);
}

}  // namespace
}  // namespace windrow::delivery
