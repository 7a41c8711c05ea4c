#include "common/http/name_lookup.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <set>

namespace windrow::http {
namespace {

constexpr std::chrono::seconds kLong{10};

// "dead…" has no answer until it is let go; every other name has one at once.
class HeldNames final : public NameLookup {
 public:
  absl::StatusOr<std::vector<IpAddress>> Lookup(const std::string& host) override {
    if (!host.starts_with("dead")) return std::vector{*IpAddress::Parse("192.0.2.1")};
    let_go_.wait();
    return absl::UnavailableError("no answer");
  }
  void LetGo() { gate_.set_value(); }

 private:
  std::promise<void> gate_;
  const std::shared_future<void> let_go_ = gate_.get_future().share();
};

// The keys that were answered.
class Answers {
 public:
  void Add(const std::string& key) {
    const std::lock_guard lock(mutex_);
    keys_.insert(key);
    changed_.notify_all();
  }
  bool WaitFor(const std::string& key) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLong, [&] { return keys_.contains(key); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> keys_;
};

TEST(LookupPoolTest, NamesThatHadNoAnswerLeaveHalfOfTheThreadsToOthers) {
  const auto names = std::make_shared<HeldNames>();
  Answers answers;
  LookupPool pool(
      names, 4, [&](const std::string& key, LookupPool::Addresses) { answers.Add(key); });
  for (int i = 0; i < 20; ++i) {
    const std::string host = "dead" + std::to_string(i);
    pool.Start(host, host, true);
  }
  pool.Start("first", "first.example", false);
  pool.Start("second", "second.example", false);
  EXPECT_TRUE(answers.WaitFor("first"));
  EXPECT_TRUE(answers.WaitFor("second"));
  names->LetGo();
  // None of the others is forgotten.
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(answers.WaitFor("dead" + std::to_string(i)));
  }
}

TEST(LookupPoolTest, ANameThatHadNoAnswerIsLookedUpByASingleThreadToo) {
  const auto names = std::make_shared<HeldNames>();
  Answers answers;
  LookupPool pool(
      names, 1, [&](const std::string& key, LookupPool::Addresses) { answers.Add(key); });
  pool.Start("again", "again.example", true);
  EXPECT_TRUE(answers.WaitFor("again"));
}

}  // namespace
}  // namespace windrow::http
