// A receiver that is down for half an hour, by a clock of the test's, while 10,000
// deliveries wait for it: the real lanes, breaker and schedule, without a database.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <list>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "common/domain/retry.h"
#include "tests/unit/delivery/delivery_fixture.h"
#include "workers/delivery/lanes.h"

namespace windrow::delivery {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(50);
constexpr absl::Duration kAnswer = absl::Milliseconds(100);

struct Second {
  std::size_t peak = 0;  // requests at once
  int started = 0;
};

class OutageTest : public ::testing::Test {
 protected:
  OutageTest() {
    store::StoredWebhook stored;
    stored.webhook_id = webhook_;
    stored.version = 1;
    stored.spec.url = "https://a.example/";
    stored.secrets.signing_secret = kSecret;
    profile_ = MakeProfile(stored, false).value();
  }

  // So many whose next attempt, the third, is due at some time of the next five minutes.
  void AddRetrying(int count) {
    for (int i = 0; i < count; ++i) {
      due_.emplace(now_ + absl::Minutes(5) * i / count, std::pair(i, 3));
    }
  }

  Second RunSecond(bool up) {
    Second second;
    for (absl::Time end = now_ + absl::Seconds(1); now_ < end; now_ += kTick) {
      lanes_.SetHead({webhook_, profile_, true}, now_);
      EndRequests(up);
      while (Claim()) {
      }
      second.started += StartSome();
      second.peak = std::max(second.peak, running_.size());
    }
    return second;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  std::multimap<absl::Time, std::pair<int, int>> due_;  // a delivery, its next attempt
  std::list<Delivery*> running_;                        // in order of their start
  int sent_ = 0;
  int delivered_ = 0;
  int given_up_ = 0;

 private:
  bool Claim() {
    const bool any = !due_.empty() && due_.begin()->first <= now_;
    if (!any || now_ < barred_until_) return false;
    const Wanted wanted = lanes_.Want(std::vector{webhook_}, 500, now_);
    for (const auto& [webhook, until] : wanted.barred) barred_until_ = until;
    if (wanted.webhooks.empty()) return false;
    std::list<Delivery> claimed;
    for (int room = wanted.webhooks[0].room; room > 0 && !due_.empty(); --room) {
      if (due_.begin()->first > now_) break;
      Delivery& delivery = claimed.emplace_back();
      std::tie(delivery.outcome.lease_seq, delivery.attempt) = due_.begin()->second;
      delivery.outcome.webhook_id = webhook_;
      delivery.lease_until = absl::InfiniteFuture();
      delivery.profile = profile_;
      due_.erase(due_.begin());
    }
    while (!claimed.empty()) lanes_.Enqueue(&claimed, claimed.begin(), now_);
    sent_ += StartSome();
    return true;
  }
  int StartSome() {
    std::vector<Delivery*> starting;
    lanes_.TakeStartable(lanes_.Find(webhook_), now_, &starting);
    running_.insert(running_.end(), starting.begin(), starting.end());
    return static_cast<int>(starting.size());
  }
  void EndRequests(bool up) {
    while (!running_.empty() && running_.front()->started_at + kAnswer <= now_) {
      const Completion completion{
          .took = kAnswer,
          .report = {up ? domain::EndpointSign::kWell : domain::EndpointSign::kFailing},
          .random = 0.5};
      std::list<Delivery> ended;
      lanes_.Complete(running_.front(), completion, now_, &ended);
      running_.pop_front();
      Conclude(ended.front(), up);
    }
    // What waited and may not start goes back: it is due as it was.
    for (const Delivery& delivery : lanes_.TakeExcess(now_)) {
      due_.emplace(now_, std::pair(delivery.outcome.lease_seq, delivery.attempt));
    }
  }
  void Conclude(const Delivery& delivery, bool up) {
    const domain::Verdict verdict = domain::Decide(
        {.complete = true, .status = up ? 200 : 503}, {}, delivery.attempt, now_, 0.5);
    if (const auto* retry = std::get_if<domain::Retry>(&verdict)) {
      due_.emplace(now_ + retry->after,
                   std::pair(delivery.outcome.lease_seq, delivery.attempt + 1));
    } else {
      ++(up ? delivered_ : given_up_);
    }
  }

  const Uuid webhook_{};
  std::shared_ptr<const Profile> profile_;
  Lanes lanes_{{.concurrency = 64, .max_in_flight = 2'000}};
  absl::Time barred_until_ = absl::InfinitePast();
};

TEST_F(OutageTest, AllIsDeliveredAtARampWhenTheReceiverIsUpAgain) {
  AddRetrying(10'000);
  int asked = 0;
  for (int second = 0; second < 1'800; ++second) {
    asked += static_cast<int>(RunSecond(false).peak);
  }
  EXPECT_LT(asked, 150);  // of what would have been 20,000 requests
  EXPECT_EQ(given_up_, 0);

  std::vector<Second> seconds;
  for (int second = 0; second < 60; ++second) seconds.push_back(RunSecond(true));
  std::fputs("second after it was up: most requests at once\n", stdout);
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    if (seconds[i].peak > 0) {
      std::fputs(fmt::format("{:3} {:3}\n", i + 1, seconds[i].peak).c_str(), stdout);
    }
  }
  for (std::size_t i = 1; i < seconds.size(); ++i) {
    EXPECT_LE(seconds[i].peak, std::max<std::size_t>(2 * seconds[i - 1].peak, 2)) << i;
    EXPECT_LE(seconds[i].peak, 64u);
  }
  EXPECT_GT(delivered_, 9'800);  // but for what failed in the outage, by its schedule

  for (int second = 0; second < 9'000; ++second) RunSecond(true);
  EXPECT_EQ(delivered_, 10'000);
  EXPECT_EQ(given_up_, 0);
}

}  // namespace
}  // namespace windrow::delivery
