#include "common/http/origin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace windrow::http {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

LookupPool::Addresses Answer(std::initializer_list<const char*> addresses) {
  std::vector<IpAddress> parsed;
  for (const char* address : addresses) parsed.push_back(*IpAddress::Parse(address));
  return parsed;
}

class OriginTest : public testing::Test {
 protected:
  Origin* For(std::string_view url) {
    absl::StatusOr<Origin*> origin = table_.For(url);
    EXPECT_TRUE(origin.ok()) << origin.status();
    return *origin;
  }

  const AddressRules rules_;
  OriginTable table_{&rules_};
  const SteadyTime now_ = SteadyTime() + std::chrono::hours(1);
};

TEST_F(OriginTest, IsTheSchemeHostAndPort) {
  Origin* origin = For("https://example.com:8443/a?b");
  EXPECT_EQ(origin->key, "https://example.com:8443");
  EXPECT_EQ(For("https://example.com:8443/c"), origin);
  EXPECT_NE(For("https://example.com/a"), origin);
  EXPECT_NE(For("http://example.com:8443/a"), origin);
  EXPECT_FALSE(table_.For("ftp://example.com/").ok());
}

TEST_F(OriginTest, OfAnAddressNeedsNoLookup) {
  Origin* origin = For("https://93.184.215.14/");
  EXPECT_TRUE(origin->HasAddresses(now_));
  EXPECT_FALSE(origin->NeedsLookup(now_ + std::chrono::hours(1000)));
  Origin* refused = For("https://127.0.0.1/");
  EXPECT_FALSE(refused->HasAddresses(now_));
  EXPECT_FALSE(refused->NeedsLookup(now_));
  EXPECT_TRUE(absl::IsPermissionDenied(refused->failure));
}

TEST_F(OriginTest, TellsLibcurlOnceAndOfAllowedAddressesOnly) {
  Origin* origin = For("https://mixed.test/");
  EXPECT_TRUE(origin->NeedsLookup(now_));
  EXPECT_FALSE(origin->HasAddresses(now_));
  origin->TakeAnswer(Answer({"93.184.215.14", "10.0.0.1", "2606:4700::1111"}), rules_,
                     now_);
  EXPECT_THAT(table_.TakeLessons(origin),
              ElementsAre("mixed.test:443:93.184.215.14,[2606:4700::1111]"));
  EXPECT_THAT(table_.TakeLessons(origin), IsEmpty());
  origin->TakeAnswer(Answer({"93.184.215.14", "2606:4700::1111"}), rules_, now_);
  EXPECT_THAT(table_.TakeLessons(origin), IsEmpty());
}

TEST_F(OriginTest, ANameThatTurnsToALoopbackAddressIsRefusedFromThenOn) {
  Origin* origin = For("https://rebinding.test/");
  origin->TakeAnswer(Answer({"93.184.215.14"}), rules_, now_);
  EXPECT_TRUE(origin->HasAddresses(now_));
  EXPECT_TRUE(origin->NeedsLookup(now_ + seconds(30)));
  origin->TakeAnswer(Answer({"127.0.0.1"}), rules_, now_ + seconds(30));
  EXPECT_FALSE(origin->HasAddresses(now_ + seconds(30)));
  EXPECT_TRUE(absl::IsPermissionDenied(origin->failure));
  EXPECT_THAT(std::string(origin->failure.message()), HasSubstr("loopback"));
}

TEST_F(OriginTest, OldAddressesServeWhileTheNameServerIsAway) {
  Origin* origin = For("https://away.test/");
  origin->TakeAnswer(Answer({"93.184.215.14"}), rules_, now_);
  const SteadyTime later = now_ + seconds(31);
  origin->TakeAnswer(absl::UnavailableError("no answer"), rules_, later);
  EXPECT_TRUE(origin->HasAddresses(later));
  EXPECT_FALSE(origin->NeedsLookup(later));
  EXPECT_TRUE(origin->NeedsLookup(later + seconds(5)));
  EXPECT_FALSE(origin->HasAddresses(now_ + minutes(5)));
}

TEST_F(OriginTest, ANameThatIsGoneIsGoneAtOnce) {
  Origin* origin = For("https://gone.test/");
  origin->TakeAnswer(Answer({"93.184.215.14"}), rules_, now_);
  origin->TakeAnswer(absl::NotFoundError("there is no host gone.test"), rules_,
                     now_ + seconds(31));
  EXPECT_FALSE(origin->HasAddresses(now_ + seconds(31)));
}

TEST_F(OriginTest, IdleOnesAreForgottenHereAndByLibcurl) {
  Origin* idle = For("https://idle.test/");
  idle->TakeAnswer(Answer({"93.184.215.14"}), rules_, now_);
  table_.TakeLessons(idle);
  idle->last_used = now_;
  Origin* busy = For("https://busy.test/");
  busy->TakeAnswer(Answer({"93.184.215.15"}), rules_, now_);
  busy->last_used = now_ + minutes(10);
  table_.ForgetIdle(now_ + minutes(10) + seconds(1));
  EXPECT_EQ(table_.Find("https://idle.test"), nullptr);
  EXPECT_EQ(table_.Find("https://busy.test"), busy);
  EXPECT_THAT(table_.TakeLessons(busy),
              ElementsAre("-idle.test:443", "busy.test:443:93.184.215.15"));
}

}  // namespace
}  // namespace windrow::http
