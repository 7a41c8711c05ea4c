#include "services/control_plane/access.h"

#include <gmock/gmock.h>

#include <future>

#include "common/base/status.h"
#include "tests/support/fake_access_store.h"

namespace windrow::control_plane {
namespace {

using ::testing::HasSubstr;

constexpr store::TenantId kTenant = store::kDefaultTenant;

class Stream final : public AccessHolder {
 public:
  void EndAccess(const absl::Status& status) override { ended = status; }
  std::optional<absl::Status> ended;
};

class AccessTest : public ::testing::Test {
 protected:
  // Makes a key that the server has not heard of; answers what to send.
  Credentials NewKey(domain::ApiKeySpec spec = {}) {
    const crypto::NewApiKey made = crypto::GenerateApiKey();
    spec.secret_sha256 = made.secret_sha256;
    key_id_ = store_.CreateApiKey(kTenant, made.key_id, spec)->key_id;
    return Sending(made.text);
  }
  static Credentials Sending(const std::string& key) {
    Credentials credentials;
    const std::string value = "Bearer " + key;
    ReadAuthorization({value}, &credentials);
    return credentials;
  }
  absl::StatusOr<Caller> Admit(const Credentials& credentials,
                               const char* method = "GetWebhook") {
    std::promise<absl::StatusOr<Caller>> answer;
    access_.Admit(method, credentials, [&](const absl::StatusOr<Caller>& caller) {
      answer.set_value(caller);
    });
    return answer.get_future().get();
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeAccessStore store_{clock_};
  metrics::Registry registry_;
  Access access_{store_, {.waiting_calls = 2}, AccessMetrics(registry_), clock_};
  std::string key_id_;
};

TEST_F(AccessTest, AKeyIsGoodOnceItWasRead) {
  ASSERT_TRUE(access_.Refresh().ok());
  const Credentials sent = NewKey();
  EXPECT_EQ(ReasonOf(Admit(sent).status()), "API_KEY_INVALID");
  ASSERT_TRUE(access_.Refresh().ok());
  EXPECT_EQ(Admit(sent)->name, "api_key:" + key_id_);
}

TEST_F(AccessTest, AnUnknownKeyIsLookedForAtOnce) {
  ASSERT_TRUE(access_.Refresh().ok());
  access_.Start();
  EXPECT_EQ(Admit(NewKey())->tenant, kTenant);
  EXPECT_EQ(ReasonOf(Admit(Sending(crypto::GenerateApiKey().text)).status()),
            "API_KEY_INVALID");
}

TEST_F(AccessTest, HoweverManyUnknownKeysComeTheyAskTheDatabaseOnce) {
  ASSERT_TRUE(access_.Refresh().ok());
  access_.Start();
  const int before = store_.loads();
  std::atomic<int> waiting = 0;
  for (int i = 0; i < 1'000; ++i) {
    ++waiting;
    access_.Admit("GetWebhook", Sending(crypto::GenerateApiKey().text),
                  [&](const absl::StatusOr<Caller>& caller) {
                    EXPECT_FALSE(caller.ok());
                    --waiting;
                  });
  }
  access_.Stop();
  EXPECT_EQ(waiting, 0);
  EXPECT_LE(store_.loads() - before, 20);
}

TEST_F(AccessTest, AScopeIsNamedWhereItIsWanted) {
  const Credentials reader = NewKey({.scope = domain::Scope::kRead});
  const Credentials publisher = NewKey({.scope = domain::Scope::kPublish});
  const Credentials admin = NewKey({.scope = domain::Scope::kAdmin});
  ASSERT_TRUE(access_.Refresh().ok());
  EXPECT_TRUE(Admit(reader, "GetWebhook").ok());
  EXPECT_TRUE(Admit(publisher, "PublishEvent").ok());
  for (const char* method : {"GetWebhook", "PublishEvent", "CreateApiKey"}) {
    EXPECT_TRUE(Admit(admin, method).ok()) << method;
  }
  const absl::Status refused = Admit(reader, "DeleteWebhook").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ReasonOf(refused), "SCOPE_NEEDED");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("scope admin"));
  EXPECT_FALSE(Admit(publisher, "GetWebhook").ok());
  EXPECT_FALSE(Admit(reader, "PublishEvent").ok());
  EXPECT_FALSE(Admit(reader, "ListApiKeys").ok());
  EXPECT_FALSE(Admit(admin, "Unheard").ok()) << "what the table lacks is for nobody";
}

TEST_F(AccessTest, StreamsEndWithTheirKey) {
  const auto revoked = std::make_shared<Stream>();
  const auto expired = std::make_shared<Stream>();
  const auto stays = std::make_shared<Stream>();
  const Credentials first = NewKey();
  const std::string first_id = key_id_;
  const Credentials second = NewKey({.expires_at = clock_.Now() + absl::Minutes(1)});
  const Credentials third = NewKey();
  ASSERT_TRUE(access_.Refresh().ok());
  access_.Hold(*Admit(first), revoked);
  access_.Hold(*Admit(second), expired);
  access_.Hold(*Admit(third), stays);
  ASSERT_TRUE(store_.RevokeApiKey(kTenant, first_id).ok());
  ASSERT_TRUE(access_.Refresh().ok());
  ASSERT_TRUE(revoked->ended);
  EXPECT_EQ(ReasonOf(*revoked->ended), "API_KEY_REVOKED");
  EXPECT_FALSE(expired->ended);
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(access_.Refresh().ok());
  ASSERT_TRUE(expired->ended);
  EXPECT_EQ(ReasonOf(*expired->ended), "API_KEY_EXPIRED");
  EXPECT_FALSE(stays->ended);
  EXPECT_THAT(registry_.Render(),
              HasSubstr("windrow_server_auth_failures_total{reason=\"revoked\"} 1"));
}

TEST_F(AccessTest, TheFirstKeyEndsWhatWasOpenedWithoutOne) {
  ASSERT_TRUE(access_.Refresh().ok());
  const auto stream = std::make_shared<Stream>();
  const auto caller = Admit({.loopback = true});
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->name, "anonymous");
  access_.Hold(*caller, stream);
  NewKey();
  ASSERT_TRUE(access_.Refresh().ok());
  ASSERT_TRUE(stream->ended);
  EXPECT_EQ(ReasonOf(*stream->ended), "API_KEY_REQUIRED");
  EXPECT_EQ(ReasonOf(Admit({.loopback = true}).status()), "API_KEY_REQUIRED");
}

TEST_F(AccessTest, WithoutTheDatabaseTheKeysThatWereReadStayGood) {
  const Credentials sent = NewKey();
  EXPECT_TRUE(absl::IsUnavailable(Admit(sent).status())) << "nothing was read yet";
  ASSERT_TRUE(access_.Refresh().ok());
  store_.SetDown(absl::UnavailableError("down"));
  EXPECT_FALSE(access_.Refresh().ok());
  EXPECT_TRUE(Admit(sent).ok());
  access_.Start();
  EXPECT_TRUE(absl::IsUnavailable(Admit(Sending(crypto::GenerateApiKey().text)).status()))
      << "it may be good, for all that is known";
}

TEST_F(AccessTest, ARateRefusesAndSaysUntilWhen) {
  const Credentials sent = NewKey({.requests_per_second = 2});
  ASSERT_TRUE(access_.Refresh().ok());
  const Caller caller = Admit(sent).value();
  EXPECT_TRUE(access_.TakeOne(caller).ok());
  EXPECT_TRUE(access_.TakeOne(caller).ok());
  const absl::Status refused = access_.TakeOne(caller);
  EXPECT_EQ(ReasonOf(refused), "RATE_LIMITED");
  clock_.Advance(absl::Milliseconds(500));
  EXPECT_TRUE(access_.TakeOne(caller).ok());
  EXPECT_TRUE(access_.TakeOne(Caller()).ok());
}

TEST_F(AccessTest, ThatAKeyWasUsedIsWrittenDown) {
  const Credentials sent = NewKey();
  ASSERT_TRUE(access_.Refresh().ok());
  access_.Start();
  ASSERT_TRUE(Admit(sent).ok());
  EXPECT_FALSE(store_.GetApiKey(kTenant, key_id_)->last_used_at);
  access_.Stop();
  EXPECT_TRUE(store_.GetApiKey(kTenant, key_id_)->last_used_at);
}

}  // namespace
}  // namespace windrow::control_plane
