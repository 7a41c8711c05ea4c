// Every line of testdata/urls.tsv: what may be saved, and what is sent to it with nothing
// allowed by the operator.
#include <fstream>
#include <functional>
#include <sstream>

#include "common/domain/url_template.h"
#include "common/http/origin.h"
#include "common/http/url.h"
#include "tests/unit/http/sender_fixture.h"

namespace windrow::http {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using testing_support::OkResponse;
using testing_support::RawReceiver;

struct UrlCase {
  std::string url, when_saved, when_sent, note;
};

std::string Unescaped(std::string text) {
  for (const auto& [escape, byte] : {std::pair("\\r", "\r"), std::pair("\\n", "\n")}) {
    const std::size_t at = text.find(escape);
    if (at != std::string::npos) text.replace(at, 2, byte);
  }
  return text;
}

// Those of URLs, or those of names (behind "# names").
std::vector<UrlCase> Cases(bool of_names) {
  std::ifstream in(std::string(WINDROW_HTTP_TESTDATA) + "/urls.tsv");
  EXPECT_TRUE(in.is_open());
  std::vector<UrlCase> cases;
  bool names = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) {
      names = line.starts_with("# names");
      continue;
    }
    if (names != of_names) continue;
    UrlCase one;
    std::istringstream fields(line);
    std::getline(fields, one.url, '\t');
    std::getline(fields, one.when_saved, '\t');
    std::getline(fields, one.when_sent, '\t');
    std::getline(fields, one.note, '\t');
    // "\@" in a URL is meant as it stands.
    if (one.note.starts_with("control characters")) one.url = Unescaped(one.url);
    cases.push_back(std::move(one));
  }
  return cases;
}

// As the control plane judges a URL (services/control_plane/webhook_mapping.cc).
absl::Status Saved(const std::string& url) {
  const auto parsed = ParseWebhookUrl(url, {.allow_http = false});
  if (!parsed.ok()) return parsed.status();
  const absl::Status allowed = AddressRules().CheckHost(parsed->host, parsed->port);
  if (!allowed.ok()) return allowed;
  return domain::UrlTemplate::Compile(parsed->text).status();
}

TEST(UrlCasesTest, EachIsSavedOrRefusedAsItsLineSays) {
  const auto cases = Cases(/*of_names=*/false);
  EXPECT_THAT(cases, SizeIs(36));
  for (const UrlCase& one : cases) {
    ASSERT_TRUE(one.when_saved == "accept" || one.when_saved == "refuse") << one.url;
    EXPECT_EQ(Saved(one.url).ok(), one.when_saved == "accept")
        << one.url << ": " << Saved(one.url);
  }
}

TEST(UrlCasesTest, UserInfoMovesAndTheFragmentStays) {
  const auto user = ParseWebhookUrl("https://user:p%40ss@example.com/hook", {});
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(user->user, "user");
  EXPECT_EQ(user->password, "p@ss");
  EXPECT_EQ(user->text, "https://example.com/hook");
  EXPECT_EQ(ParseWebhookUrl("https://example.com#@127.0.0.1/", {})->text,
            "https://example.com/");
}

class UrlCasesSenderTest : public SenderTest {
 protected:
  UrlCasesSenderTest() { options_.address_rules = AddressRules(); }
};

// Whatever was saved once: the sender judges again, and opens no connection.
TEST_F(UrlCasesSenderTest, WhatIsRefusedWhenSentIsNeverConnectedTo) {
  names_->Set("localhost", {"127.0.0.1", "::1"});
  names_->Set("localhost.", {"127.0.0.1"});
  int refused = 0;
  for (const UrlCase& one : Cases(/*of_names=*/false)) {
    if (one.when_sent != "refuse") continue;
    const Response response = Exchange(PostTo(one.url));
    EXPECT_TRUE(response.error == ErrorKind::kRefusedAddress ||
                response.error == ErrorKind::kInternal)
        << one.url << ": " << response.error_detail;
    EXPECT_EQ(response.remote_address, "") << one.url;
    EXPECT_EQ(response.status, 0) << one.url;
    ++refused;
  }
  EXPECT_EQ(refused, 20);
}

// The first answer is the first one given, the last one the last.
class TurningName final : public NameLookup {
 public:
  explicit TurningName(std::vector<std::string> answers) : answers_(std::move(answers)) {}

  absl::StatusOr<std::vector<IpAddress>> Lookup(const std::string&,
                                                absl::Duration) override {
    const std::lock_guard lock(mutex_);
    const std::size_t at = std::min<std::size_t>(lookups_++, answers_.size() - 1);
    return std::vector<IpAddress>{*IpAddress::Parse(answers_[at])};
  }
  int lookups() {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(lookups_);
  }

 private:
  std::mutex mutex_;
  const std::vector<std::string> answers_;
  std::size_t lookups_ = 0;
};

TEST_F(UrlCasesSenderTest, AllFiveCasesOfNamesAreBelow) {
  EXPECT_THAT(Cases(/*of_names=*/true), SizeIs(5));
}

TEST_F(UrlCasesSenderTest, ANameThatLeadsToLoopbackIsRefusedAtConnectTime) {
  RawReceiver receiver(Answering(OkResponse()));
  names_->Set("name.test", {"127.0.0.1"});
  names_->Set("name6.test", {"::1"});
  for (const char* name : {"name.test", "name6.test"}) {
    EXPECT_TRUE(Saved(std::string("https://") + name + "/").ok());
    const Response response = Exchange(PostTo(receiver.UrlOf(name)));
    EXPECT_EQ(response.error, ErrorKind::kRefusedAddress) << name;
  }
  EXPECT_EQ(receiver.connections(), 0);
}

TEST_F(UrlCasesSenderTest, OfSeveralAddressesOnlyThePublicOneIsToldToLibcurl) {
  const AddressRules rules;
  OriginTable table(&rules);
  Origin* origin = table.For("https://name.test/").value();
  const SteadyTime now = SteadyTime() + std::chrono::hours(1);
  origin->TakeAnswer(
      std::vector<IpAddress>{*IpAddress::Parse("93.184.215.14"),
                             *IpAddress::Parse("10.0.0.1"), *IpAddress::Parse("fd00::1")},
      rules, now);
  EXPECT_THAT(table.TakeLessons(origin), ElementsAre("name.test:443:93.184.215.14"));
}

TEST_F(UrlCasesSenderTest, ANameThatIsLoopbackWhenItIsSentToIsRefused) {
  const AddressRules rules;
  OriginTable table(&rules);
  Origin* origin = table.For("https://name.test/").value();
  const SteadyTime now = SteadyTime() + std::chrono::hours(1);
  origin->TakeAnswer(std::vector<IpAddress>{*IpAddress::Parse("93.184.215.14")}, rules,
                     now);
  EXPECT_TRUE(origin->HasAddresses(now));
  origin->TakeAnswer(std::vector<IpAddress>{*IpAddress::Parse("127.0.0.1")}, rules, now);
  EXPECT_FALSE(origin->HasAddresses(now));
  EXPECT_TRUE(absl::IsPermissionDenied(origin->failure));
}

// 127.0.0.2 stands for the public address, and nobody listens there: were the name looked
// up again for the connection, it would reach the receiver on 127.0.0.1.
TEST_F(UrlCasesSenderTest, TheAddressThatWasCheckedIsTheOneThatIsConnectedTo) {
  Allow({"127.0.0.2"});
  RawReceiver receiver(Answering(OkResponse()));
  const auto name =
      std::make_shared<TurningName>(std::vector<std::string>{"127.0.0.2", "127.0.0.1"});
  options_.name_lookup = name;
  sender_ = MakeCurlSender(options_);
  for (int i = 0; i < 3; ++i) {
    const Response response = Exchange(PostTo(receiver.UrlOf("name.test")));
    EXPECT_EQ(response.error, ErrorKind::kConnect) << response.error_detail;
  }
  EXPECT_EQ(receiver.connections(), 0);
  EXPECT_EQ(name->lookups(), 1);
}

TEST_F(UrlCasesSenderTest, AnOperatorsRuleOpensThePortThatItNames) {
  RawReceiver open(Answering(OkResponse()));
  RawReceiver closed(Answering(OkResponse()));
  Allow({"127.0.0.0/8:" + std::to_string(open.port())});
  names_->Set("name.test", {"127.0.0.5", "127.0.0.1"});
  EXPECT_EQ(Exchange(PostTo(open.UrlOf("name.test"))).status, 200);
  EXPECT_EQ(Exchange(PostTo(closed.UrlOf("name.test"))).error,
            ErrorKind::kRefusedAddress);
  EXPECT_EQ(closed.connections(), 0);
}

}  // namespace
}  // namespace windrow::http
