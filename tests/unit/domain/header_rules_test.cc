#include "common/domain/header_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace windrow::domain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<Violation> Check(const std::vector<Header>& headers, bool has_auth = false) {
  Violations violations;
  CheckHeaders(headers, has_auth, "headers", &violations);
  return violations.list();
}

std::vector<std::string> BrokenFields(const std::vector<Header>& headers,
                                      bool has_auth = false) {
  std::vector<std::string> fields;
  for (const Violation& violation : Check(headers, has_auth)) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(CheckHeadersTest, AcceptsCustomHeaders) {
  EXPECT_THAT(Check({{"X-Token", "a b:c; d=\"e\""},
                     {"user-agent", "Example/1"},
                     {"!#$%&'*+-.^_`|~09azAZ", ""},
                     {"x-text", "caf\xc3\xa9"},
                     {"webhookid", "x"},
                     {"te-x", "x"},
                     {"Authorization", "Bearer x"}}),
              IsEmpty());
}

TEST(CheckHeadersTest, RefusesTheSendersOwnInAnyCase) {
  for (const char* name : {"host",
                           "Host",
                           "HOST",
                           "content-length",
                           "Content-Type",
                           "transfer-encoding",
                           "connection",
                           "expect",
                           "te",
                           "trailer",
                           "upgrade",
                           "keep-alive",
                           "http2-settings",
                           "proxy-authorization",
                           "Proxy-Connection",
                           "webhook-id",
                           "webhook-timestamp",
                           "Webhook-Signature",
                           "webhook-anything",
                           "webhook-"}) {
    EXPECT_THAT(BrokenFields({{name, "x"}}), ElementsAre("headers[0].name")) << name;
  }
}

TEST(CheckHeadersTest, AuthorizationIsTheSendersWithBasicAuth) {
  EXPECT_THAT(BrokenFields({{"Authorization", "Bearer x"}}, true),
              ElementsAre("headers[0].name"));
}

TEST(CheckHeadersTest, NamesAreTokens) {
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a:"), std::string("a\r\nb"),
        std::string("a\0", 2), std::string("caf\xc3\xa9"), std::string("a\""),
        std::string("(a)"), std::string("a\x7f"), std::string(" a"), std::string("a,b"),
        std::string("\xff")}) {
    EXPECT_THAT(BrokenFields({{name, "x"}}), ElementsAre("headers[0].name")) << name;
  }
}

TEST(CheckHeadersTest, NamesStandOnceWithoutRegardToCase) {
  EXPECT_THAT(BrokenFields({{"X-A", "1"}, {"X-B", "1"}, {"x-a", "2"}, {"X-A", "3"}}),
              ElementsAre("headers[2].name", "headers[3].name"));
}

TEST(CheckHeadersTest, ValuesHoldNoControlCharacters) {
  for (const std::string& value :
       {std::string("a\r\nX-B: c"), std::string("a\n"), std::string("\r"),
        std::string("a\0b", 3), std::string("a\tb"), std::string("\x1b[0m"),
        std::string("\x7f"), std::string("\xff")}) {
    EXPECT_THAT(BrokenFields({{"x-a", value}}), ElementsAre("headers[0].value")) << value;
  }
}

TEST(CheckHeadersTest, LengthsHaveLimitsThatTheRuleNames) {
  const std::string name(128, 'n');
  const std::string value(4'096, 'v');
  EXPECT_THAT(Check({{name, value}}), IsEmpty());
  const std::vector<Violation> violations = Check({{name + "n", value + "v"}});
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].field, "headers[0].name");
  EXPECT_THAT(violations[0].rule, HasSubstr("at most 128"));
  EXPECT_EQ(violations[1].field, "headers[0].value");
  EXPECT_THAT(violations[1].rule, HasSubstr("at most 4096"));
}

TEST(CheckHeadersTest, FiftyAreAllowed) {
  WebhookSpec spec;
  spec.name = "n";
  spec.triggers = {{0, "a"}};
  for (int i = 0; i < 50; ++i) spec.headers.push_back({"x-" + std::to_string(i), "v"});
  Violations violations;
  Validate(spec, {}, "webhook", &violations);
  EXPECT_THAT(violations.list(), IsEmpty());
  spec.headers.push_back({"x-50", "v"});
  Validate(spec, {}, "webhook", &violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_EQ(violations.list()[0].field, "webhook.headers");
  EXPECT_THAT(violations.list()[0].rule, HasSubstr("at most 50"));
}

}  // namespace
}  // namespace windrow::domain
