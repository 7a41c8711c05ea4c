#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "common/http/name_lookup.h"

namespace windrow::http {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// "silent…" hangs until the end of the test; "late…" is UNAVAILABLE in its first
// patience; every other name has an address.
class Names final : public NameLookup {
 public:
  absl::StatusOr<std::vector<IpAddress>> Lookup(const std::string& host,
                                                absl::Duration patience) override {
    std::unique_lock lock(mutex_);
    ++lookups_[host];
    if (host.starts_with("silent")) {
      ++hanging_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return over_; });
      return absl::UnavailableError("over");
    }
    if (host.starts_with("late") && patience == absl::Milliseconds(1)) {
      return absl::UnavailableError("late");
    }
    return std::vector<IpAddress>{*IpAddress::Parse("192.0.2.1")};
  }

  void AwaitHanging(int count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      return hanging_ == count;
    })) << hanging_;
  }
  void End() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
  }
  int hanging() {
    const std::lock_guard lock(mutex_);
    return hanging_;
  }
  int lookups(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return lookups_[host];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> lookups_;
  int hanging_ = 0;
  bool over_ = false;
};

class LookupPoolTest : public ::testing::Test {
 protected:
  ~LookupPoolTest() override { names_->End(); }

  // How often each key was answered, once it is that of `key`.
  std::map<std::string, int> AwaitAnswer(const std::string& key) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      return answers_.contains(key);
    })) << key;
    return answers_;
  }
  void StartSilent(int count, LookupLane lane) {
    for (int i = 0; i < count; ++i) {
      const std::string host = "silent" + std::to_string(i);
      pool_.Start(host, host, lane);
    }
  }

  const std::shared_ptr<Names> names_ = std::make_shared<Names>();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> answers_;
  LookupPool pool_{names_,
                   {.max_threads = 8, .first_patience = absl::Milliseconds(1)},
                   [this](std::string key, const LookupPool::Addresses&) {
                     const std::lock_guard lock(mutex_);
                     ++answers_[std::move(key)];
                     changed_.notify_all();
                   }};
};

TEST_F(LookupPoolTest, AThousandSilentNamesHoldAQuarterOfTheThreads) {
  StartSilent(1000, LookupLane::kSilent);
  names_->AwaitHanging(2);
  pool_.Start("new", "new.test", LookupLane::kNew);
  AwaitAnswer("new");
  pool_.Start("known", "known.test", LookupLane::kKnown);
  AwaitAnswer("known");
  EXPECT_EQ(names_->hanging(), 2);
}

TEST_F(LookupPoolTest, AThousandNewNamesThatHangLeaveThreadsForThoseThatAreKnown) {
  StartSilent(1000, LookupLane::kNew);
  names_->AwaitHanging(6);
  for (int i = 0; i < 100; ++i) {
    const std::string host = "known" + std::to_string(i);
    pool_.Start(host, host, LookupLane::kKnown);
  }
  for (int i = 0; i < 100; ++i) AwaitAnswer("known" + std::to_string(i));
  EXPECT_EQ(names_->hanging(), 6);
}

TEST_F(LookupPoolTest, ANewNameThatIsLateIsTriedOnceMoreAmongTheSilent) {
  StartSilent(1, LookupLane::kSilent);
  names_->AwaitHanging(1);
  pool_.Start("late", "late.test", LookupLane::kNew);
  EXPECT_THAT(AwaitAnswer("late"), UnorderedElementsAre(Pair("late", 1)));
  EXPECT_EQ(names_->lookups("late.test"), 2);
}

TEST_F(LookupPoolTest, ANameIsLookedUpOnceForAllThatAskMeanwhile) {
  for (int port = 1; port <= 100; ++port) {
    pool_.Start(std::to_string(port), "silent.test", LookupLane::kNew);
  }
  names_->AwaitHanging(1);
  pool_.Start("known", "known.test", LookupLane::kKnown);
  AwaitAnswer("known");
  EXPECT_EQ(names_->hanging(), 1);
  names_->End();
  for (int port = 1; port <= 100; ++port) AwaitAnswer(std::to_string(port));
  // What asks afterwards is looked up anew.
  pool_.Start("again", "known.test", LookupLane::kKnown);
  AwaitAnswer("again");
  EXPECT_EQ(names_->lookups("known.test"), 2);
}

}  // namespace
}  // namespace windrow::http
