#include "services/control_plane/delivery_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Changes by place, one to each, that are all of tenant 1.
class FakeChanges final : public store::ChangeStore {
 public:
  absl::StatusOr<store::ChangeCursor> LastChange() override { return last; }
  absl::StatusOr<store::ChangeCursor> ChangesSince(absl::Time) override {
    if (!since.ok()) return since;
    return 0;
  }
  absl::StatusOr<store::ChangePage> ReadChanges(store::TenantId tenant,
                                                store::ChangeCursor after) override {
    ++reads;
    if (!status.ok()) return status;
    store::ChangePage page{.next = after};
    for (auto at = after + 1; at <= last && page.changes.size() < 2; ++at) {
      page.next = at;
      if (tenant == 1) page.changes.push_back({.place = at, .delivery_id = IdOf(at)});
    }
    page.more = page.next < last;
    return page;
  }
  absl::StatusOr<std::vector<store::DeliveryRecord>> LoadDeliveries(
      store::TenantId, const std::vector<Uuid>& ids) override {
    ++loads;
    std::vector<store::DeliveryRecord> records;
    for (const Uuid& id : ids) records.push_back({.delivery_id = id});
    return records;
  }

  static Uuid IdOf(store::ChangeCursor place) {
    Uuid id;
    id.bytes[15] = static_cast<std::uint8_t>(place);
    return id;
  }

  store::ChangeCursor last = 0;
  absl::Status since, status;
  int reads = 0, loads = 0;
};

class FakeWatcher final : public Watcher {
 public:
  void Begins(store::ChangeCursor at) override { began.push_back(at); }
  void Tell(std::shared_ptr<const WatchPage> page) override {
    for (const store::Change& change : page->changes) {
      EXPECT_TRUE(page->records.contains(change.delivery_id));
      told.push_back(change.place);
    }
  }
  void Ends(const absl::Status& status) override { ended.push_back(status); }

  std::vector<store::ChangeCursor> began, told;
  std::vector<absl::Status> ended;
};

class DeliveryWatchTest : public ::testing::Test {
 protected:
  std::shared_ptr<FakeWatcher> Add(const WatchStart& start) {
    auto watcher = std::make_shared<FakeWatcher>();
    EXPECT_TRUE(watch.Add(watcher, start).ok());
    return watcher;
  }

  FakeChanges changes;
  DeliveryWatch watch{changes, {.watchers = 3}, {}};
};

TEST_F(DeliveryWatchTest, ThoseWhoKeepUpAreReadForOnce) {
  changes.last = 7;
  const auto one = Add({.tenant = 1}), two = Add({.tenant = 1});
  EXPECT_EQ(watch.RunOnce(), absl::Milliseconds(250));
  EXPECT_THAT(one->began, ElementsAre(7));
  changes.last = 8;
  changes.reads = changes.loads = 0;
  watch.RunOnce();
  EXPECT_EQ(changes.reads, 1);
  EXPECT_EQ(changes.loads, 1);
  EXPECT_THAT(one->told, ElementsAre(8));
  EXPECT_THAT(two->told, ElementsAre(8));
}

TEST_F(DeliveryWatchTest, OneWhoIsSlowIsReadForWhenItWantsMoreAndMissesNothing) {
  const auto slow = Add({.tenant = 1}), quick = Add({.tenant = 1});
  watch.RunOnce();
  for (changes.last = 1; changes.last <= 5; ++changes.last) {
    watch.RunOnce();
    watch.WantsMore(quick.get());
  }
  EXPECT_THAT(quick->told, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(slow->told, ElementsAre(1));
  for (int i = 0; i < 5; ++i) {
    watch.WantsMore(slow.get());
    watch.RunOnce();
  }
  EXPECT_THAT(slow->told, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(DeliveryWatchTest, ABacklogIsReadPageByPageWithoutAWait) {
  changes.last = 5;
  const auto watcher = Add({.tenant = 1, .after = 0});
  EXPECT_EQ(watch.RunOnce(), absl::ZeroDuration());
  EXPECT_THAT(watcher->told, ElementsAre(1, 2));
  watch.WantsMore(watcher.get());
  watch.RunOnce();
  watch.WantsMore(watcher.get());
  EXPECT_EQ(watch.RunOnce(), absl::Milliseconds(250));
  EXPECT_THAT(watcher->told, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(DeliveryWatchTest, ATimeIsAPlaceToBegin) {
  changes.last = 2;
  const auto watcher = Add({.tenant = 1, .since = absl::UnixEpoch()});
  watch.RunOnce();
  EXPECT_THAT(watcher->told, ElementsAre(1, 2));
  changes.since = WithReason(absl::OutOfRangeError("too long ago"), "CHANGES_NOT_KEPT");
  const auto late = Add({.tenant = 1, .since = absl::UnixEpoch()});
  watch.RunOnce();
  ASSERT_THAT(late->ended, SizeIs(1));
  EXPECT_EQ(ReasonOf(late->ended[0]), "CHANGES_NOT_KEPT");
}

TEST_F(DeliveryWatchTest, AnAbsentDatabaseEndsNobody) {
  const auto watcher = Add({.tenant = 1, .after = 0});
  changes.last = 1;
  changes.status = absl::UnavailableError("no database");
  watch.RunOnce();
  EXPECT_THAT(watcher->ended, IsEmpty());
  changes.status = absl::OkStatus();
  watch.RunOnce();
  EXPECT_THAT(watcher->told, ElementsAre(1));
}

TEST_F(DeliveryWatchTest, OnlySoManyMayWatch) {
  for (int i = 0; i < 3; ++i) Add({.tenant = 1});
  const auto watcher = std::make_shared<FakeWatcher>();
  const absl::Status refused = watch.Add(watcher, {.tenant = 1});
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused), "TOO_MANY_WATCHES");
}

TEST_F(DeliveryWatchTest, OneThatIsRemovedIsToldNothingMore) {
  const auto watcher = Add({.tenant = 1, .after = 0});
  watch.Remove(watcher.get());
  changes.last = 1;
  watch.RunOnce();
  EXPECT_THAT(watcher->told, IsEmpty());
  EXPECT_EQ(changes.reads, 0);
}

TEST_F(DeliveryWatchTest, AStopEndsAllAndThoseWhoComeLater) {
  const auto watcher = Add({.tenant = 1});
  watch.Start();
  watch.Stop();
  ASSERT_THAT(watcher->ended, SizeIs(1));
  EXPECT_TRUE(absl::IsUnavailable(watcher->ended[0]));
  EXPECT_TRUE(absl::IsUnavailable(watch.Add(watcher, {.tenant = 1})));
}

}  // namespace
}  // namespace windrow::control_plane
