#include "common/http/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/address_rules.h"

namespace windrow::http {
namespace {

using ::testing::HasSubstr;

// What saving a webhook asks of its URL.
absl::Status Save(std::string_view text) {
  absl::StatusOr<WebhookUrl> url = ParseWebhookUrl(text, UrlRules{});
  if (!url.ok()) return url.status();
  return AddressRules().CheckHost(url->host, url->port);
}

WebhookUrl Parse(std::string_view text) {
  absl::StatusOr<WebhookUrl> url = ParseWebhookUrl(text, {.allow_http = true});
  EXPECT_TRUE(url.ok()) << text << ": " << url.status();
  return url.ok() ? *std::move(url) : WebhookUrl{};
}

std::string ErrorOf(std::string_view text) { return std::string(Save(text).message()); }

TEST(SavedUrlTest, AcceptsWhatNamesAPublicEndpoint) {
  for (const char* url :
       {"https://example.com/hook", "https://user:p%40ss@example.com/hook",
        "https://example.com#@127.0.0.1/", "https://example.com/{{object.id}}",
        "https://93.184.215.14/", "https://[2606:4700::1111]/", "HTTPS://EXAMPLE.COM"}) {
    EXPECT_TRUE(Save(url).ok()) << url << ": " << Save(url);
  }
}

struct RefusedUrl {
  std::string url;
  std::string why;
};

class RefusedUrlTest : public testing::TestWithParam<RefusedUrl> {};

TEST_P(RefusedUrlTest, IsRefusedWithTheReason) {
  EXPECT_FALSE(Save(GetParam().url).ok());
  EXPECT_THAT(ErrorOf(GetParam().url), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, RefusedUrlTest,
    testing::Values(RefusedUrl{"https://127.0.0.1/", "loopback"},
                    RefusedUrl{"https://2130706433/", "127.0.0.1 is loopback"},
                    RefusedUrl{"https://0x7f.1/", "127.0.0.1 is loopback"},
                    RefusedUrl{"https://0177.0.0.1/", "127.0.0.1 is loopback"},
                    RefusedUrl{"https://127.1/", "127.0.0.1 is loopback"},
                    RefusedUrl{"https://127.0.0.1./", "127.0.0.1 is loopback"},
                    RefusedUrl{"https://0x7f000001./", "127.0.0.1 is loopback"},
                    RefusedUrl{"https://%31%32%37.0.0.1/", "127.0.0.1 is loopback"},
                    RefusedUrl{"https://[::1]/", "::1 is loopback"},
                    RefusedUrl{"https://[0:0:0:0:0:0:0:1]/", "::1 is loopback"},
                    RefusedUrl{"https://[::]/", "unspecified"},
                    RefusedUrl{"https://[::ffff:127.0.0.1]/", "127.0.0.1 is loopback"},
                    RefusedUrl{"https://[::ffff:7f00:1]/", "127.0.0.1 is loopback"},
                    RefusedUrl{"https://[64:ff9b::7f00:1]/", "leads to 127.0.0.1"},
                    RefusedUrl{"https://[2002:7f00:1::]/", "leads to 127.0.0.1"},
                    RefusedUrl{"https://[fe80::1%25eth0]/", "zone id"},
                    RefusedUrl{"https://[2606:4700::1111%25eth0]/", "zone id"},
                    RefusedUrl{"https://169.254.169.254/latest/meta-data/",
                               "cloud metadata"},
                    RefusedUrl{"https://168.63.129.16/", "cloud platform"},
                    RefusedUrl{"https://100.64.0.1/", "shared address space"},
                    RefusedUrl{"https://192.0.2.1/", "documentation"},
                    RefusedUrl{"https://198.18.0.1/", "benchmarking"},
                    RefusedUrl{"https://224.0.0.1/", "multicast"},
                    RefusedUrl{"https://255.255.255.255/", "broadcast"},
                    RefusedUrl{"https://localhost./", "loopback"},
                    RefusedUrl{"https://LOCALHOST/", "loopback"},
                    RefusedUrl{"https://a.b.LocalHost/", "loopback"}));

INSTANTIATE_TEST_SUITE_P(
    Forms, RefusedUrlTest,
    testing::Values(
        RefusedUrl{"", "empty"}, RefusedUrl{"http://example.com/hook", "only https"},
        RefusedUrl{"https://example.com:0/", "port"},
        RefusedUrl{"https://example.com:65536/", "port"},
        RefusedUrl{"https://example.com:99999999999/", "port"},
        RefusedUrl{"https://example.com:-1/", "port"},
        RefusedUrl{"https:///hook", "no host"}, RefusedUrl{"https://", "no host"},
        RefusedUrl{"https://?q", "no host"}, RefusedUrl{"https://user@/", "no host"},
        RefusedUrl{"https://:443/", "no host"}, RefusedUrl{"https://./", "host"},
        RefusedUrl{"https:/example.com/", "starts with https://"},
        RefusedUrl{"https:example.com/", "starts with https://"},
        RefusedUrl{"example.com/hook", "starts with https://"},
        RefusedUrl{"//example.com/hook", "starts with https://"},
        RefusedUrl{"https://example.com\\@127.0.0.1/", "backslash at byte 19"},
        RefusedUrl{"https://１２７.0.0.1/", "internationalized"},
        RefusedUrl{"https://ｌｏｃａｌｈｏｓｔ/", "internationalized"},
        RefusedUrl{"https://127。0。0。1/", "internationalized"},
        RefusedUrl{"https://ⓔxample.com/", "internationalized"},
        RefusedUrl{"https://\xff.com/", "internationalized"},
        RefusedUrl{"https://exa mple.com/", "space at byte 11"},
        RefusedUrl{"https://example.com/a b", "space"},
        RefusedUrl{"https://example.com/\r\nX-A: b", "control character 0x0d at byte 20"},
        RefusedUrl{std::string("https://example.com/\0a", 22), "control character 0x00"},
        RefusedUrl{"https://exa%0d%0ample.com/", "host"},
        RefusedUrl{"https://example.com%2f@127.0.0.1/", "loopback"},
        RefusedUrl{"https://a%00b@example.com/", "control character"},
        RefusedUrl{"https://a%3Ab:c@example.com/", "colon"},
        RefusedUrl{"ftp://example.com/", "\"ftp\" is not supported"},
        RefusedUrl{"file:///etc/passwd", "\"file\" is not supported"},
        RefusedUrl{"javascript://example.com/", "not supported"},
        RefusedUrl{"https://{{object.host}}/", "path and the query only"},
        RefusedUrl{"https://{{user}}@example.com/", "path and the query only"},
        RefusedUrl{"https://example.com:{{port}}/", "path and the query only"},
        RefusedUrl{"https://example.com/#{{x}}", "path and the query only"},
        RefusedUrl{"{{object.url}}", "starts with https://"},
        RefusedUrl{"https://1.2.3.4.5/", "neither a name nor an address"},
        RefusedUrl{"https://256.256.256.256/", "neither a name nor an address"},
        RefusedUrl{"https://example.0x7f/", "neither a name nor an address"},
        RefusedUrl{"https://a..example.com/", "between dots"},
        RefusedUrl{"https://example.com../", "between dots"},
        RefusedUrl{"https://" + std::string(64, 'a') + ".com/", "between dots"},
        RefusedUrl{"https://exam!ple.com/", "not a"},
        RefusedUrl{"https://[::1/", "not a"}, RefusedUrl{"https://[::g]/", "IPv6"},
        RefusedUrl{"https://example.com/" + std::string(2029, 'a'), "2048 bytes"}));

TEST(WebhookUrlTest, UserInfoMovesOutOfTheUrl) {
  const WebhookUrl url = Parse("https://user:p%40ss@example.com/hook");
  EXPECT_TRUE(url.has_user);
  EXPECT_EQ(url.user, "user");
  EXPECT_EQ(url.password, "p@ss");
  EXPECT_EQ(url.text, "https://example.com/hook");
}

TEST(WebhookUrlTest, UserInfoMayLackEitherHalf) {
  EXPECT_EQ(Parse("https://user@example.com/").user, "user");
  EXPECT_EQ(Parse("https://user@example.com/").password, "");
  EXPECT_EQ(Parse("https://:key@example.com/").password, "key");
  EXPECT_TRUE(Parse("https://:key@example.com/").has_user);
  EXPECT_FALSE(Parse("https://@example.com/").has_user);
  EXPECT_FALSE(Parse("https://example.com/").has_user);
}

TEST(WebhookUrlTest, TheFragmentIsNotSent) {
  const WebhookUrl url = Parse("https://example.com#@127.0.0.1/");
  EXPECT_EQ(url.host, "example.com");
  EXPECT_EQ(url.text, "https://example.com/");
  EXPECT_EQ(Parse("https://example.com/a?b#c?d").text, "https://example.com/a?b");
}

TEST(WebhookUrlTest, HasOneSpelling) {
  EXPECT_EQ(Parse("HTTPS://Example.COM.:443").text, "https://example.com/");
  EXPECT_EQ(Parse("https://example.com:8443/").text, "https://example.com:8443/");
  EXPECT_EQ(Parse("http://example.com:80/").text, "http://example.com/");
  EXPECT_EQ(Parse("http://example.com:443/").text, "http://example.com:443/");
  EXPECT_EQ(Parse("https://0x5d.0xb8d70e/").text, "https://93.184.215.14/");
  EXPECT_EQ(Parse("https://[2606:4700:0::1111]:8443/a").text,
            "https://[2606:4700::1111]:8443/a");
  EXPECT_EQ(Parse("https://example.com/a/../b/./c").text, "https://example.com/b/c");
  EXPECT_EQ(Parse("https://example.com?").text, "https://example.com/?");
}

TEST(WebhookUrlTest, NamesHostAndPort) {
  const WebhookUrl name = Parse("http://Hooks.Example.com.:8080/x");
  EXPECT_EQ(name.scheme, "http");
  EXPECT_EQ(name.host, "hooks.example.com");
  EXPECT_EQ(name.port, 8080);
  EXPECT_FALSE(name.host_is_address);
  const WebhookUrl v6 = Parse("https://[2606:4700::1111]/");
  EXPECT_EQ(v6.host, "2606:4700::1111");
  EXPECT_EQ(v6.port, 443);
  EXPECT_TRUE(v6.host_is_address);
}

TEST(WebhookUrlTest, PlaceholdersPassAsTheyAre) {
  EXPECT_EQ(Parse("https://example.com/a/{{object.id}}?s={{object.status.id}}&t=1").text,
            "https://example.com/a/{{object.id}}?s={{object.status.id}}&t=1");
  // Whatever a key is made of: it is a name in the event, and no part of the URL yet.
  for (const char* url :
       {"https://example.com/{{object.größe}}", "https://example.com/?q={{object.größe}}",
        "https://example.com/{{object.a/../b}}/c", "https://example.com/{{object.a?b}}?c",
        "https://example.com/{{object.a#b}}/{{object.c}}",
        "https://example.com/{{object.%41}}", "https://example.com/{{0}}/{{7}}{{1}}",
        "https://example.com/{{object.a:b@c}}"}) {
    EXPECT_EQ(Parse(url).text, url);
  }
  EXPECT_EQ(Parse("https://example.com/ü/{{object.ü}}/ü").text,
            "https://example.com/%c3%bc/{{object.ü}}/%c3%bc");
  EXPECT_EQ(Parse("https://example.com/a/{{object.x}}/../{{object.y}}").text,
            "https://example.com/a/{{object.y}}");
}

TEST(WebhookUrlTest, InternationalizedNamesBecomeAscii) {
  EXPECT_EQ(Parse("https://bücher.example/").host, "xn--bcher-kva.example");
  EXPECT_EQ(Parse("https://BÜCHER.example/").host, "xn--bcher-kva.example");
  EXPECT_EQ(Parse("https://xn--bcher-kva.example/").host, "xn--bcher-kva.example");
}

TEST(WebhookUrlTest, OtherLettersInThePathAreEscaped) {
  EXPECT_EQ(Parse("https://example.com/bücher?x=ü").text,
            "https://example.com/b%c3%bccher?x=%c3%bc");
}

TEST(WebhookUrlTest, TakesTheLongestUrl) {
  const std::string url = "https://example.com/" + std::string(2028, 'a');
  EXPECT_EQ(Parse(url).text, url);
}

TEST(WebhookUrlTest, ItsTextParsesToItself) {
  for (const char* text :
       {"https://user:pw@Example.com:8443/a%20b/../c?d=e#f", "http://[::ffff:1.2.3.4]/",
        "https://bücher.example/ü?ü", "https://0x5d.0xb8d70e?{{x}}"}) {
    const std::string once = Parse(text).text;
    EXPECT_EQ(Parse(once).text, once);
  }
}

TEST(WebhookUrlTest, AnyBytesGetAnAnswer) {
  for (int a = 0; a < 256; ++a) {
    for (const char* tail : {"", "/", "@h/", ".com", ":1"}) {
      const std::string text =
          std::string("https://x") + static_cast<char>(a) + std::string(tail);
      const auto url = ParseWebhookUrl(text, UrlRules{});
      if (!url.ok()) continue;
      EXPECT_EQ(Parse(url->text).text, url->text) << text;
    }
  }
}

}  // namespace
}  // namespace windrow::http
