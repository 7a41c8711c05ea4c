// Real programs and their key ring: a key that is missing stops one webhook alone, with a
// reason, and a ring that changes is learnt without a restart.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "common/store/postgres/sealed_secrets.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"

namespace windrow::integration {
namespace {

using store::DeliveryState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::Duration kLimit = absl::Seconds(60);

class KeyRingProcessTest : public PipelineTest {
 protected:
  KeyRingProcessTest()
      : file_(windrow::testing::PostgresCluster::Shared().value()->folder() + "/" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".keys") {
    Write(key_ring());
    UseKeyRingFile(file_);
  }

  // As `windrow keys generate` does: the file is replaced as a whole.
  void Write(const std::string& ring) const {
    std::ofstream(file_ + ".new") << ring;
    std::filesystem::rename(file_ + ".new", file_);
  }

  std::unique_ptr<store::postgres::PostgresStore> OpenWith(const std::string& ring) {
    return store::postgres::PostgresStore::Open({.url = database().url(), .pool_size = 2},
                                                crypto::KeyRing::Parse(ring).value())
        .value();
  }

  // Seals the webhook's secrets under another key, as a server with that ring would.
  void SealUnder(const std::string& ring, const store::StoredWebhook& webhook) {
    const auto saved = OpenWith(ring)->Update(
        kTenant, webhook.webhook_id, webhook.version, webhook.spec, webhook.secrets);
    ASSERT_TRUE(saved.ok()) << saved.status();
  }

  std::map<DeliveryState, int> CountOf(const Uuid& webhook) {
    std::map<DeliveryState, int> counts;
    const auto page = OpenStore()->ListDeliveries(kTenant, {.limit = 1'000}).value();
    for (const auto& record : page.deliveries) {
      if (record.webhook_id == webhook) ++counts[record.state];
    }
    return counts;
  }

  const std::string file_;
  const std::string second_ = crypto::KeyRing::GenerateLine(2);
};

TEST_F(KeyRingProcessTest, AMissingKeyStopsOneWebhookWithAReasonUntilItIsBack) {
  windrow::testing::ItemReceiver receiver;
  const auto well = Create("Well", receiver.Url());
  auto lost = Create("Lost", receiver.Url());
  lost.spec.retry.delays.assign(20, absl::Seconds(2));
  lost.spec.retry.delays.front() = absl::ZeroDuration();
  SealUnder(second_ + key_ring(), lost);
  const auto worker = StartWorker(receiver);
  Publish(20);
  ASSERT_TRUE(WaitFor(
      [&] {
        return CountOf(well.webhook_id) ==
               std::map<DeliveryState, int>{{DeliveryState::kSucceeded, 20}};
      },
      kLimit));
  ASSERT_TRUE(WaitFor(
      [&] { return CountOf(lost.webhook_id)[DeliveryState::kRetrying] > 0; }, kLimit));
  EXPECT_EQ(CountOf(lost.webhook_id)[DeliveryState::kSucceeded], 0);
  const auto rows =
      database()
          .Query("SELECT DISTINCT error_detail FROM attempts WHERE error_detail <> ''")
          .value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_THAT(rows[0][0], HasSubstr("the key ring lacks key 2"));

  Write(key_ring() + second_);
  ASSERT_TRUE(WaitUntilAllEnded(kLimit));
  EXPECT_EQ(CountOf(lost.webhook_id)[DeliveryState::kSucceeded], 20);
  EXPECT_EQ(worker->Stop(), 0);
}

TEST_F(KeyRingProcessTest, KeysChangeUnderLoadWithoutARestartOrALoss) {
  windrow::testing::ItemReceiver receiver;
  const auto webhook = Create("Loaded", receiver.Url());
  const auto worker = StartWorker(receiver);
  int published = 0;
  std::string ring = key_ring();
  for (std::uint32_t id = 2; id <= 4; ++id) {
    published += static_cast<int>(Publish(200).size());
    ring = crypto::KeyRing::GenerateLine(id) + ring;
    Write(ring);
    const auto resealed = store::postgres::ResealSecrets(
        database().url(), crypto::KeyRing::Parse(ring).value(), {});
    ASSERT_TRUE(resealed.ok()) << resealed.status();
    EXPECT_EQ(*resealed, 1);
    // A change of the profile has the worker read the secrets that were sealed anew.
    const auto writer = OpenWith(ring);
    auto current = writer->Get(kTenant, webhook.webhook_id).value();
    current.spec.description = fmt::format("round {}", id);
    ASSERT_TRUE(writer
                    ->Update(kTenant, webhook.webhook_id, current.version, current.spec,
                             current.secrets)
                    .ok());
    published += static_cast<int>(Publish(200).size());
  }
  ASSERT_TRUE(WaitUntilAllEnded(kLimit));
  EXPECT_EQ(CountDeliveries(),
            (std::map<DeliveryState, int>{{DeliveryState::kSucceeded, published}}));
  EXPECT_EQ(worker->Stop(), 0);
}

}  // namespace
}  // namespace windrow::integration
