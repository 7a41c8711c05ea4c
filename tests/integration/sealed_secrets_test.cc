// Secrets at rest in a real database: bound to their row, sealed anew while others write,
// and what is left of a webhook whose key is gone.
#include "common/store/postgres/sealed_secrets.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "common/base/status.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/postgres_store.h"
#include "tests/support/postgres_cluster.h"

namespace windrow::store::postgres {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

absl::Status MigrateQuietly(const std::string& url) {
  std::vector<std::string> applied;
  return Migrate(url, &applied);
}

class SealedSecretsTest : public ::testing::Test {
 protected:
  SealedSecretsTest()
      : database_(windrow::testing::TestDatabase::Create(&MigrateQuietly).value()) {}

  const std::string& url() const { return database_->url(); }
  std::unique_ptr<PostgresStore> Open(const std::string& ring) const {
    return PostgresStore::Open({.url = url(), .pool_size = 2},
                               crypto::KeyRing::Parse(ring).value())
        .value();
  }

  static StoredWebhook Create(PostgresStore* store, int number) {
    domain::WebhookSpec spec;
    spec.name = fmt::format("w{}", number);
    spec.url = "https://receiver.example/";
    spec.triggers = {{.event_type = "ticket.created"}};
    return store->Create(kDefaultTenant, spec, {.signing_secret = SecretOf(number)})
        .value();
  }
  static std::string SecretOf(int number) { return fmt::format("whsec_{}", number); }

  // "key id: webhooks", by key.
  std::vector<std::string> Uses() const {
    std::vector<std::string> uses;
    const std::vector<SealingKeyUse> counted = CountSealingKeys(url()).value();
    for (const SealingKeyUse& use : counted) {
      uses.push_back(fmt::format("{}: {}", use.key_id, use.webhooks));
    }
    return uses;
  }

  std::unique_ptr<windrow::testing::TestDatabase> database_;
  const std::string one_ = crypto::KeyRing::GenerateLine(1);
  const std::string two_ = crypto::KeyRing::GenerateLine(2);
};

TEST_F(SealedSecretsTest, ABoxThatIsMovedToAnotherRowDoesNotOpen) {
  const auto store = Open(one_);
  const StoredWebhook mine = Create(store.get(), 1);
  const StoredWebhook other = Create(store.get(), 2);
  ASSERT_TRUE(store->LoadWebhook(mine.webhook_id).ok());
  ASSERT_TRUE(
      database_
          ->Query(fmt::format("UPDATE webhooks SET secrets = (SELECT secrets FROM "
                              "webhooks WHERE webhook_id = '{}') WHERE webhook_id "
                              "= '{}'",
                              other.webhook_id.ToString(), mine.webhook_id.ToString()))
          .ok());
  EXPECT_EQ(store->LoadWebhook(mine.webhook_id).status().code(),
            absl::StatusCode::kDataLoss);
  // Nor as another tenant's, by whoever may leave its versions behind.
  ASSERT_TRUE(
      database_->Query("INSERT INTO tenants (tenant_id, name) VALUES (2, 'b')").ok());
  ASSERT_TRUE(
      database_
          ->Query(fmt::format("SET session_replication_role = replica; "
                              "UPDATE webhooks SET tenant_id = 2 WHERE webhook_id = '{}'",
                              other.webhook_id.ToString()))
          .ok());
  EXPECT_EQ(store->LoadWebhook(other.webhook_id).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(SealedSecretsTest, EveryBoxComesUnderTheFirstKeyAndASecondRunFindsNone) {
  const auto store = Open(one_);
  std::vector<StoredWebhook> webhooks;
  for (int i = 0; i < 25; ++i) webhooks.push_back(Create(store.get(), i));
  ASSERT_TRUE(store->Delete(kDefaultTenant, webhooks[7].webhook_id, {}).ok());
  EXPECT_THAT(Uses(), ElementsAre("1: 25"));

  const auto ring = crypto::KeyRing::Parse(two_ + one_).value();
  std::vector<std::int64_t> progress;
  const auto resealed = ResealSecrets(
      url(), ring,
      {.batch = 10, .progress = [&](std::int64_t count) { progress.push_back(count); }});
  ASSERT_TRUE(resealed.ok()) << resealed.status();
  EXPECT_EQ(*resealed, 25);
  EXPECT_THAT(progress, ElementsAre(10, 20, 25));
  EXPECT_THAT(Uses(), ElementsAre("2: 25"));
  EXPECT_EQ(ResealSecrets(url(), ring, {}).value(), 0);

  // The old key is no longer needed, and nothing else has changed.
  const auto without = Open(two_);
  for (int i = 0; i < 25; ++i) {
    const auto read = without->LoadWebhook(webhooks[i].webhook_id);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->secrets.signing_secret, SecretOf(i));
    // Deleting was a change.
    EXPECT_EQ(read->version, webhooks[i].version + (i == 7 ? 1 : 0));
  }
}

TEST_F(SealedSecretsTest, WhatAnotherWritesMeanwhileIsNeverLost) {
  const auto store = Open(one_);
  constexpr int kWebhooks = 20;
  std::vector<StoredWebhook> webhooks;
  for (int i = 0; i < kWebhooks; ++i) webhooks.push_back(Create(store.get(), i));
  const auto both = crypto::KeyRing::Parse(two_ + one_).value();
  const auto back = crypto::KeyRing::Parse(one_ + two_).value();
  std::atomic<bool> done{false};
  std::thread rotating([&] {
    while (!done) {
      EXPECT_TRUE(ResealSecrets(url(), both, {.batch = 3}).ok());
      EXPECT_TRUE(ResealSecrets(url(), back, {.batch = 3}).ok());
    }
  });
  const auto writer = Open(two_ + one_);
  for (int round = 1; round <= 10; ++round) {
    for (StoredWebhook& webhook : webhooks) {
      webhook.secrets.bearer_token = fmt::format("token-{}", round);
      const auto updated = writer->Update(kDefaultTenant, webhook.webhook_id,
                                          webhook.version, webhook.spec, webhook.secrets);
      ASSERT_TRUE(updated.ok()) << updated.status();
      webhook = *updated;
    }
  }
  done = true;
  rotating.join();
  for (int i = 0; i < kWebhooks; ++i) {
    const auto read = writer->LoadWebhook(webhooks[i].webhook_id);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->secrets.signing_secret, SecretOf(i));
    EXPECT_EQ(read->secrets.bearer_token, "token-10");
  }
}

TEST_F(SealedSecretsTest, AMissingKeyIsNamedBeforeAnythingIsChanged) {
  const StoredWebhook first = Create(Open(one_).get(), 1);
  Create(Open(two_).get(), 2);
  const std::string three = crypto::KeyRing::GenerateLine(3);
  const auto refused =
      ResealSecrets(url(), crypto::KeyRing::Parse(three + two_).value(), {});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused.status()), "SECRETS_KEY_MISSING");
  const std::string message(refused.status().message());
  EXPECT_THAT(message, HasSubstr("lacks key 1, under which the secrets of 1 webhooks"));
  EXPECT_THAT(message, HasSubstr(first.webhook_id.ToString()));
  EXPECT_THAT(Uses(), ElementsAre("1: 1", "2: 1"));
}

TEST_F(SealedSecretsTest, AWebhookWhoseKeyIsGoneIsReadListedDisabledAndDeleted) {
  const StoredWebhook lost = Create(Open(one_).get(), 1);
  const auto store = Open(two_);
  const StoredWebhook well = Create(store.get(), 2);

  const auto read = store->Get(kDefaultTenant, lost.webhook_id);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->spec.name, "w1");
  EXPECT_THAT(read->secrets.signing_secret, IsEmpty());
  EXPECT_EQ(ReasonOf(read->secrets_status), "SECRETS_KEY_MISSING");
  EXPECT_THAT(std::string(read->secrets_status.message()), HasSubstr("lacks key 1"));
  EXPECT_THAT(store->List(kDefaultTenant, {})->webhooks, SizeIs(2));
  EXPECT_TRUE(store->Get(kDefaultTenant, well.webhook_id)->secrets_status.ok());

  // Who sends is told why not.
  EXPECT_EQ(ReasonOf(store->LoadWebhook(lost.webhook_id).status()),
            "SECRETS_KEY_MISSING");
  EXPECT_TRUE(store->LoadWebhook(well.webhook_id).ok());
  EXPECT_TRUE(store->Delete(kDefaultTenant, lost.webhook_id, {}).ok());
  // With the key back nothing was lost.
  EXPECT_EQ(Open(two_ + one_)->LoadWebhook(lost.webhook_id)->secrets.signing_secret,
            SecretOf(1));
}

}  // namespace
}  // namespace windrow::store::postgres
