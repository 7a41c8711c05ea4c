#include "common/http/address_rules.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

namespace windrow::http {
namespace {

using ::testing::HasSubstr;

IpAddress Ip(std::string_view text) {
  std::optional<IpAddress> address = IpAddress::Parse(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(IpAddress{});
}

AddressRules Allowing(std::initializer_list<const char*> texts) {
  std::vector<AllowRule> rules;
  for (const char* text : texts) {
    absl::StatusOr<AllowRule> rule = AllowRule::Parse(text);
    EXPECT_TRUE(rule.ok()) << rule.status();
    if (rule.ok()) rules.push_back(*rule);
  }
  return AddressRules(std::move(rules));
}

TEST(IpAddressTest, ReadsEverySpelling) {
  for (const char* text : {"127.0.0.1", "127.1", "127.0.1", "0177.0.0.1", "0x7f.1",
                           "2130706433", "0x7f000001", "017700000001", "::ffff:127.0.0.1",
                           "::FFFF:7f00:1", "0:0:0:0:0:ffff:7f00:0001"}) {
    EXPECT_EQ(Ip(text).ToString(), "127.0.0.1") << text;
    EXPECT_TRUE(Ip(text).v4) << text;
  }
  EXPECT_EQ(Ip("fe80::1%eth0").ToString(), "fe80::1");
  EXPECT_EQ(Ip("2606:4700:0:0::1111").ToString(), "2606:4700::1111");
}

TEST(IpAddressTest, RefusesWhatIsNoAddress) {
  for (std::string_view text :
       {"", " ", "example.com", "1.2.3.4.5", "256.1.1.1", "127.0.0.1 ", "127.0.0.1 x",
        "127.0.0.1\n", "::g", ":", ":::", "[::1]", "1.2.3.4:80", "08.0.0.1"}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::Parse(std::string_view("127.0.0.1\0x", 11)));
}

TEST(IpAddressTest, ReadsSocketAddresses) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(0x5db8d70e);
  EXPECT_EQ(IpAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&v4))->ToString(),
            "93.184.215.14");
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  inet_pton(AF_INET6, "::ffff:10.0.0.1", &v6.sin6_addr);
  const auto mapped = IpAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&v6));
  EXPECT_TRUE(mapped->v4);
  EXPECT_EQ(mapped->ToString(), "10.0.0.1");
  sockaddr_un other{};
  other.sun_family = AF_UNIX;
  EXPECT_FALSE(IpAddress::FromSockaddr(reinterpret_cast<sockaddr*>(&other)));
}

TEST(AddressRulesTest, PublicAddressesPass) {
  for (const char* text :
       {"93.184.215.14",        "1.1.1.1",           "9.255.255.255",   "11.0.0.0",
        "100.63.255.255",       "100.128.0.0",       "126.255.255.255", "128.0.0.0",
        "169.253.255.255",      "169.255.0.0",       "172.15.255.255",  "172.32.0.0",
        "168.63.129.15",        "168.63.129.17",     "192.0.1.0",       "192.0.3.0",
        "192.167.255.255",      "192.169.0.0",       "198.17.255.255",  "198.20.0.0",
        "198.51.99.255",        "198.51.101.0",      "203.0.112.255",   "203.0.114.0",
        "223.255.255.255",      "2606:4700::1111",   "2001:200::1",     "2001:4860::8888",
        "2a00:1450::1",         "3ffe::1",           "2003::1",         "2620:4f:7fff::1",
        "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"}) {
    EXPECT_TRUE(AddressRules().Check(Ip(text), 443).ok())
        << text << ": " << AddressRules().Check(Ip(text), 443);
  }
}

struct Refusal {
  const char* address;
  const char* why;
};

class SpecialRangeTest : public testing::TestWithParam<Refusal> {};

TEST_P(SpecialRangeTest, IsRefusedByName) {
  const absl::Status status = AddressRules().Check(Ip(GetParam().address), 443);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().why));
}

// First and last address of each range.
INSTANTIATE_TEST_SUITE_P(
    Ipv4, SpecialRangeTest,
    testing::Values(
        Refusal{"0.0.0.0", "unspecified"}, Refusal{"0.255.255.255", "this network"},
        Refusal{"10.0.0.0", "private address (10.0.0.0/8)"},
        Refusal{"10.255.255.255", "private"}, Refusal{"100.64.0.0", "shared"},
        Refusal{"100.127.255.255", "shared"}, Refusal{"100.100.100.200", "shared"},
        Refusal{"127.0.0.1", "127.0.0.1 is loopback (127.0.0.0/8)"},
        Refusal{"127.255.255.255", "loopback"}, Refusal{"168.63.129.16", "cloud"},
        Refusal{"169.254.0.0", "link-local"}, Refusal{"169.254.255.255", "link-local"},
        Refusal{"169.254.169.254", "metadata"}, Refusal{"172.16.0.0", "private"},
        Refusal{"172.31.255.255", "private"}, Refusal{"192.0.0.0", "IETF"},
        Refusal{"192.0.0.192", "IETF"}, Refusal{"192.0.0.255", "IETF"},
        Refusal{"192.0.2.0", "documentation"}, Refusal{"192.0.2.255", "documentation"},
        Refusal{"192.31.196.1", "AS112"}, Refusal{"192.52.193.1", "AMT"},
        Refusal{"192.88.99.1", "6to4"}, Refusal{"192.168.0.0", "private"},
        Refusal{"192.168.255.255", "private"}, Refusal{"192.175.48.1", "AS112"},
        Refusal{"198.18.0.0", "benchmarking"}, Refusal{"198.19.255.255", "benchmarking"},
        Refusal{"198.51.100.1", "documentation"},
        Refusal{"203.0.113.255", "documentation"}, Refusal{"224.0.0.0", "multicast"},
        Refusal{"239.255.255.255", "multicast"}, Refusal{"240.0.0.0", "reserved"},
        Refusal{"255.255.255.254", "reserved"}, Refusal{"255.255.255.255", "broadcast"}));

INSTANTIATE_TEST_SUITE_P(
    Ipv6, SpecialRangeTest,
    testing::Values(
        Refusal{"::", "unspecified"}, Refusal{"::1", "::1 is loopback"},
        Refusal{"::2", "IPv4-compatible"}, Refusal{"::93.184.215.14", "IPv4-compatible"},
        Refusal{"::127.0.0.1", "leads to 127.0.0.1"},
        Refusal{"::ffff:10.0.0.1", "10.0.0.1 is a private address"},
        Refusal{"::ffff:0:1.2.3.4", "not a global unicast"},
        Refusal{"64:ff9b::10.0.0.1", "leads to 10.0.0.1"},
        Refusal{"64:ff9b::169.254.169.254", "metadata"}, Refusal{"64:ff9b:1::1", "NAT64"},
        Refusal{"100::1", "discard"}, Refusal{"100:0:0:1::1", "not a global unicast"},
        Refusal{"2001::a247:28f1", "Teredo"},
        Refusal{"2001:0:5db8:d70e::80ff:fffe", "leads to 127.0.0.1"},
        Refusal{"2001:1::1", "IETF"}, Refusal{"2001:2::1", "benchmarking"},
        Refusal{"2001:10::1", "ORCHID"}, Refusal{"2001:2f:ffff::1", "ORCHIDv2"},
        Refusal{"2001:1ff:ffff::1", "IETF"}, Refusal{"2001:db8::1", "documentation"},
        Refusal{"2002:5db8:d70e::1", "6to4"},
        Refusal{"2002:a00:1::", "leads to 10.0.0.1"}, Refusal{"2620:4f:8000::1", "AS112"},
        Refusal{"3fff::1", "documentation"}, Refusal{"3fff:fff:ffff::1", "documentation"},
        Refusal{"5f00::1", "segment"}, Refusal{"4000::1", "not a global unicast"},
        Refusal{"fc00::1", "unique local"}, Refusal{"fd00:ec2::254", "cloud metadata"},
        Refusal{"fdff::1", "unique local"}, Refusal{"fe80::1", "link-local"},
        Refusal{"febf::1", "link-local"}, Refusal{"fec0::1", "site-local"},
        Refusal{"ff02::1", "multicast"}));

TEST(AddressRulesTest, TheOperatorsRuleOpensItsPortOnly) {
  const AddressRules rules = Allowing({"10.0.0.0/8:8443"});
  EXPECT_TRUE(rules.Check(Ip("10.0.0.5"), 8443).ok());
  EXPECT_TRUE(rules.Check(Ip("10.255.255.255"), 8443).ok());
  EXPECT_FALSE(rules.Check(Ip("10.0.0.5"), 443).ok());
  EXPECT_FALSE(rules.Check(Ip("192.168.0.1"), 8443).ok());
}

TEST(AddressRulesTest, ARuleForIpv4HoldsForItsMappedFormAndNoTunnel) {
  const AddressRules rules = Allowing({"10.0.0.0/8"});
  EXPECT_TRUE(rules.Check(Ip("::ffff:10.0.0.5"), 1).ok());
  EXPECT_FALSE(rules.Check(Ip("64:ff9b::10.0.0.5"), 1).ok());
  EXPECT_FALSE(rules.Check(Ip("2002:a00:5::"), 1).ok());
}

TEST(AddressRulesTest, ARuleForAllOfOneFamilyOpensNotTheOther) {
  EXPECT_TRUE(Allowing({"[::/0]"}).Check(Ip("::1"), 1).ok());
  EXPECT_FALSE(Allowing({"[::/0]"}).Check(Ip("127.0.0.1"), 1).ok());
  EXPECT_TRUE(Allowing({"0.0.0.0/0"}).Check(Ip("127.0.0.1"), 1).ok());
  EXPECT_FALSE(Allowing({"0.0.0.0/0"}).Check(Ip("::1"), 1).ok());
}

TEST(AllowRuleTest, ReadsEveryForm) {
  struct Form {
    const char* text;
    const char* network;
    int bits;
    std::optional<std::uint16_t> port;
  };
  for (const Form& form :
       std::initializer_list<Form>{{"10.0.0.0/8:8443", "10.0.0.0", 104, 8443},
                                   {"[fd00::/8]:443", "fd00::", 8, 443},
                                   {"[fd00::]/8:443", "fd00::", 8, 443},
                                   {"fd00::/8", "fd00::", 8, std::nullopt},
                                   {"127.0.0.1:*", "127.0.0.1", 128, std::nullopt},
                                   {"127.0.0.1", "127.0.0.1", 128, std::nullopt},
                                   {"::1", "::1", 128, std::nullopt},
                                   {"[::1]:65535", "::1", 128, 65535},
                                   {"0.0.0.0/0:1", "0.0.0.0", 96, 1}}) {
    const absl::StatusOr<AllowRule> rule = AllowRule::Parse(form.text);
    ASSERT_TRUE(rule.ok()) << form.text << ": " << rule.status();
    EXPECT_EQ(rule->network.ToString(), form.network) << form.text;
    EXPECT_EQ(rule->prefix_bits, form.bits) << form.text;
    EXPECT_EQ(rule->port, form.port) << form.text;
  }
}

TEST(AllowRuleTest, RefusesTheRestAndShowsTheForm) {
  for (const char* text : {"",
                           "*",
                           ":443",
                           "example.com:443",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/",
                           "10.0.0.0/8:",
                           "10.0.0.0/8:0",
                           "10.0.0.0/8:65536",
                           "10.0.0.0/8:https",
                           "10.0.0.1/8",
                           "10/8",
                           "0x7f.1",
                           "127.1",
                           "2130706433",
                           "[::1",
                           "[::1]443",
                           "fd00::/129",
                           "fd00::1/8",
                           "fe80::1%eth0",
                           "::ffff:0.0.0.0/8",
                           "10.0.0.0/8/8",
                           "10.0.0.0 /8"}) {
    const absl::Status status = AllowRule::Parse(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("10.0.0.0/8:8443")) << text;
  }
}

TEST(CheckHostTest, LiteralsAreCheckedInAnySpelling) {
  for (const char* host : {"127.0.0.1", "127.0.0.1.", "0x7f.1", "2130706433", "::1",
                           "[::1]", "fe80::1%eth0", "[64:ff9b::7f00:1]"}) {
    EXPECT_FALSE(AddressRules().CheckHost(host, 443).ok()) << host;
  }
  EXPECT_TRUE(AddressRules().CheckHost("93.184.215.14", 443).ok());
  EXPECT_TRUE(Allowing({"127.0.0.1:*"}).CheckHost("0x7f.1", 443).ok());
}

TEST(CheckHostTest, LocalhostNeedsARuleForLoopbackAtThatPort) {
  for (const char* host : {"localhost", "LOCALHOST", "localhost.", "a.localhost"}) {
    EXPECT_FALSE(AddressRules().CheckHost(host, 443).ok()) << host;
    EXPECT_TRUE(Allowing({"127.0.0.0/8:443"}).CheckHost(host, 443).ok()) << host;
    EXPECT_TRUE(Allowing({"[::1]:443"}).CheckHost(host, 443).ok()) << host;
    EXPECT_FALSE(Allowing({"127.0.0.0/8:443"}).CheckHost(host, 80).ok()) << host;
  }
}

TEST(CheckHostTest, OtherNamesPass) {
  for (const char* host : {"example.com", "notlocalhost", "localhost.example.com"}) {
    EXPECT_TRUE(AddressRules().CheckHost(host, 443).ok()) << host;
  }
}

}  // namespace
}  // namespace windrow::http
