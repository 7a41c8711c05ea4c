#include "cli/profile_yaml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "cli/condition_text.h"
#include "cli/profile_fields.h"

namespace windrow::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

SecretSources Sources() {
  return {.env = [](const std::string& name) -> std::optional<std::string> {
            if (name == "PASSWORD") return "hunter2";
            if (name == "EMPTY") return "";
            return std::nullopt;
          },
          .file = [](const std::string& path) -> absl::StatusOr<std::string> {
            if (path == "token") return "t0ken\nsecond line\n";
            if (path == "cert.pem") return "-----BEGIN\nCERTIFICATE-----\n";
            return absl::NotFoundError(path + " cannot be read");
          }};
}

v1::Webhook Read(std::string_view text) {
  const auto documents = ReadProfiles(text, "f.yaml", Sources());
  EXPECT_TRUE(documents.ok()) << documents.status();
  return documents.ok() ? documents->at(0).webhook : v1::Webhook();
}

std::string ErrorOf(std::string_view text) {
  const auto documents = ReadProfiles(text, "f.yaml", Sources());
  EXPECT_FALSE(documents.ok()) << text;
  return std::string(documents.status().message());
}

TEST(ProfileYamlTest, EveryKindOfFieldReachesItsPlace) {
  const v1::Webhook webhook = Read(R"(
name: Tickets
url: https://example.com/x
headers:
  - name: X-Team
    value: 007
lightweight_logs: true
payload: CUSTOM
custom_payload:
  fields:
    - {key: status, source: object.status, send_id: true}
  template: |
    {"a": 1}
triggers:
  - event_type: ticket.created
    enabled: false
batching: {mode: BATCH_MODE_ANY, wait: 1m30s, max_items: 100}
retry:
  delays: [0s, 500ms]
labels:
  version: 1.10
  on: no
oauth2:
  token_url: https://id.example.com/token
  client_authentication: BODY
)");
  EXPECT_EQ(webhook.name(), "Tickets");
  EXPECT_EQ(webhook.headers(0).value(), "007");
  EXPECT_TRUE(webhook.lightweight_logs());
  EXPECT_EQ(webhook.payload(), v1::PAYLOAD_KIND_CUSTOM);
  EXPECT_TRUE(webhook.custom_payload().fields(0).send_id());
  EXPECT_EQ(webhook.custom_payload().template_(), "{\"a\": 1}\n");
  EXPECT_TRUE(webhook.triggers(0).has_enabled());
  EXPECT_FALSE(webhook.triggers(0).enabled());
  EXPECT_EQ(webhook.batching().mode(), v1::BATCH_MODE_ANY);
  EXPECT_EQ(webhook.batching().wait().seconds(), 90);
  EXPECT_EQ(webhook.batching().max_items(), 100);
  EXPECT_EQ(webhook.retry().delays(1).nanos(), 500'000'000);
  EXPECT_EQ(webhook.labels().at("version"), "1.10");
  EXPECT_EQ(webhook.labels().at("on"), "no");
  EXPECT_EQ(webhook.oauth2().client_authentication(),
            v1::OAuth2ClientCredentials::CLIENT_AUTHENTICATION_BODY);
  EXPECT_FALSE(webhook.has_enabled());
}

std::string ConditionOf(std::string_view values) {
  const auto condition = ReadConditionYaml(
      "test: in\npath: object.n\nvalues: " + std::string(values), "f.yaml");
  EXPECT_TRUE(condition.ok()) << condition.status();
  std::string out;
  for (const std::string& value : condition->test().values()) out += value + " ";
  return out;
}

TEST(ProfileYamlTest, ValuesOfConditionsKeepTheirText) {
  EXPECT_EQ(ConditionOf("[1.10, 9007199254740993, 1e400, -0, true, null, ~]"),
            "1.10 9007199254740993 1e400 -0 true null null ");
  EXPECT_EQ(ConditionOf(R"(["1.10", '9', "true", Closed, Waiting for us, 2026-11-25])"),
            R"("1.10" "9" "true" "Closed" "Waiting for us" "2026-11-25" )");
  EXPECT_EQ(ConditionOf(R"([!json '{"id": 9}', !json '"\u0041"', !!str 9])"),
            R"({"id": 9} "\u0041" "9" )");
  EXPECT_EQ(ConditionOf("[{id: 9, name: Closed}, [1, a]]"),
            R"({"id":9,"name":"Closed"} [1,"a"] )");
}

TEST(ProfileYamlTest, ValuesThatReadersOfYamlDisagreeOnAreRefused) {
  for (const char* value : {"yes", "No", "on", "True", "0x1F", "0o17", "1_000", "+1",
                            ".5", "1.", "007", ".inf", "-.INF", "1e3_"}) {
    const auto condition = ReadConditionYaml(
        fmt::format("test: equals\npath: object.n\nvalues: [{}]\n", value), "f.yaml");
    EXPECT_THAT(std::string(condition.status().message()),
                HasSubstr("is read in more than one way"))
        << value;
  }
}

TEST(ProfileYamlTest, TreesOfConditionsAreThoseOfTheCommandLine) {
  const v1::Webhook webhook = Read(R"(
name: a
triggers:
  - event_type: ticket.updated
    condition:
      all:
        - any:
            - test: changed_to
              path: object.status
              values: [Closed]
            - not: {test: exists, path: object.team}
        - {test: equals, path: object.a, values: [x], ignore_case: true}
)");
  EXPECT_EQ(ConditionText(webhook.triggers(0).condition()),
            R"({"all":[{"any":[{"test":"changed_to","path":"object.status","values":)"
            R"(["Closed"]},{"not":{"test":"exists","path":"object.team"}}]},{"test":)"
            R"("equals","path":"object.a","values":["x"],"ignore_case":true}]})");
}

TEST(ProfileYamlTest, EverythingThatIsWrongIsNamedAtOnceWithItsPlace) {
  EXPECT_EQ(
      ErrorOf(R"(name: a
urls: https://example.com
batching:
  mode: SOME
  wait: 5
  max_items: "100"
enabled: yes
triggers:
  event_type: x
headers:
  - nme: X
webhook_id: 0193
description:
retry: {delays: 5s}
)"),
      "f.yaml:2:1: urls: is no field (did you mean url?)\n"
      "f.yaml:4:9: batching.mode: must be one of NONE, SAME_EVENT, "
      "SAME_EVENT_TYPE, ANY\n"
      "f.yaml:5:9: batching.wait: must be a duration with its unit, such as 30s or "
      "1m30s\n"
      "f.yaml:6:14: batching.max_items: must be a whole number without quotes, such "
      "as 100, of at most 32 bits\n"
      "f.yaml:7:10: enabled: must be true or false, without quotes\n"
      "f.yaml:9:3: triggers: must be a list, not a map: begin each entry with `- `\n"
      "f.yaml:11:5: headers[0].nme: is no field (did you mean name?)\n"
      "f.yaml:12:1: webhook_id: is set by Windrow alone: leave it out\n"
      "f.yaml:13:1: description: has no value: give one, or leave the field out\n"
      "f.yaml:14:17: retry.delays: must be a list, not a plain value: begin each "
      "entry with `- `");
}

TEST(ProfileYamlTest, NonsenseIsAnsweredWithAHundredLines) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += fmt::format("key{}: 1\n", i);
  const std::string error = ErrorOf(text);
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 100);
  EXPECT_TRUE(error.ends_with("\nand more"));
}

TEST(ProfileYamlTest, WrongConditionsAreNamed) {
  const std::string error = ErrorOf(R"(name: a
triggers:
  - event_type: x
    condition:
      all:
        - {test: equal, path: object.a}
        - {path: object.a}
        - {test: equals, path: [a], values: 1, opertor: 2}
        - 5
      any: []
)");
  EXPECT_THAT(error,
              HasSubstr("f.yaml:6:18: triggers[0].condition.all[0].test: is no test"));
  EXPECT_THAT(error, HasSubstr("(did you mean equals?)"));
  EXPECT_THAT(error,
              HasSubstr("f.yaml:7:11: triggers[0].condition.all[1]: must be a map"));
  EXPECT_THAT(error,
              HasSubstr("f.yaml:8:32: triggers[0].condition.all[2].path: must be a "
                        "dotted path"));
  EXPECT_THAT(error, HasSubstr("all[2].values: must be a list"));
  EXPECT_THAT(error, HasSubstr("all[2].opertor: is not known"));
  EXPECT_THAT(error,
              HasSubstr("f.yaml:9:11: triggers[0].condition.all[3]: must be a map"));
  EXPECT_THAT(error,
              HasSubstr("f.yaml:10:7: triggers[0].condition: has more than one of"));
}

TEST(ProfileYamlTest, SecretsComeFromTheEnvironmentAndFiles) {
  const auto documents = ReadProfiles(R"(name: a
signing_secret: whsec_x
basic_auth: {user: u, password: {env: PASSWORD}}
bearer_auth: {token: {file: token}}
client_certificate: {certificate_chain: {file: cert.pem}}
)",
                                      "f.yaml", Sources());
  ASSERT_TRUE(documents.ok()) << documents.status();
  const v1::Webhook& webhook = documents->at(0).webhook;
  EXPECT_EQ(webhook.signing_secret(), "whsec_x");
  EXPECT_EQ(webhook.basic_auth().password(), "hunter2");
  EXPECT_EQ(webhook.bearer_auth().token(), "t0ken");
  EXPECT_EQ(webhook.client_certificate().certificate_chain(),
            "-----BEGIN\nCERTIFICATE-----\n");
  std::vector<std::string> told;
  for (const GivenSecret& secret : documents->at(0).secrets) {
    told.push_back(secret.field + " " + secret.source);
  }
  EXPECT_THAT(
      told, ElementsAre("signing_secret in the file", "basic_auth.password env PASSWORD",
                        "bearer_auth.token file token",
                        "client_certificate.certificate_chain file cert.pem"));
}

TEST(ProfileYamlTest, FaultsOfSecretsHoldNoSecret) {
  EXPECT_EQ(
      ErrorOf("name: a\nsigning_secret: {env: NONE}\n"),
      "f.yaml:2:23: signing_secret: there is no environment variable NONE: export it");
  EXPECT_THAT(ErrorOf("name: a\nsigning_secret: {env: EMPTY}\n"), HasSubstr("is empty"));
  EXPECT_THAT(ErrorOf("name: a\nsigning_secret: {file: none}\n"),
              HasSubstr("none cannot be read"));
  EXPECT_THAT(ErrorOf("name: a\nsigning_secret: [s3cret]\n"), Not(HasSubstr("s3cret")));
  EXPECT_THAT(ErrorOf("name: a\nsigning_secret: {vault: s3cret}\n"),
              HasSubstr("must be {env: NAME}, {file: PATH}"));
}

TEST(ProfileYamlTest, DocumentsAreNamedApart) {
  EXPECT_EQ(ReadProfiles("name: a\n---\nname: b\n", "f", Sources())->size(), 2u);
  EXPECT_EQ(ErrorOf("name: a\n---\nname: b\n---\nname: A\n"),
            "f.yaml:5:1: name: is that of the document at line 1 too: keep one");
  EXPECT_THAT(ErrorOf("url: https://x\n"), HasSubstr("name: is missing"));
  EXPECT_THAT(ErrorOf("# nothing\n"), HasSubstr("holds no webhook"));
  EXPECT_THAT(ErrorOf("[]\n"), HasSubstr("must be a map with name, "));
}

// The .proto says what is output only and what write only: the lists say the same.
TEST(ProfileYamlTest, ListsOfFieldsAreThoseOfTheApi) {
  std::ifstream file(WINDROW_WEBHOOK_PROTO);
  ASSERT_TRUE(file.is_open());
  std::set<std::string> output_only, write_only;
  std::string message, comment;
  const std::regex field(R"(^\s+(?:optional |repeated )?[\w.<>, ]+ (\w+) = \d+;)");
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (line.starts_with("message ")) message = line.substr(8, line.find(' ', 8) - 8);
    if (line.find("//") != std::string::npos) {
      comment += line;
    } else if (std::regex_search(line, match, field)) {
      const std::string name = message + "." + match[1].str();
      if (comment.find("Output only") != std::string::npos) output_only.insert(name);
      if (comment.find("Write only") != std::string::npos) write_only.insert(name);
      comment.clear();
    } else {
      comment.clear();
    }
  }
  ASSERT_GE(output_only.size(), 9u);
  ASSERT_GE(write_only.size(), 6u);
  std::set<std::string> known_output, known_write;
  for (const auto* type :
       {v1::Webhook::descriptor(), v1::Trigger::descriptor(), v1::BasicAuth::descriptor(),
        v1::BearerAuth::descriptor(), v1::ApiKeyAuth::descriptor(),
        v1::ClientCertificate::descriptor(), v1::OAuth2ClientCredentials::descriptor()}) {
    for (int i = 0; i < type->field_count(); ++i) {
      const std::string name = type->name() + "." + type->field(i)->name();
      if (IsOutputOnly(type->field(i))) known_output.insert(name);
      if (IsWriteOnly(type->field(i))) known_write.insert(name);
    }
  }
  known_output.insert("Webhook.etag");  // given in requests, and no part of a profile
  output_only.insert("Webhook.etag");
  EXPECT_EQ(known_output, output_only);
  EXPECT_EQ(known_write, write_only);
}

}  // namespace
}  // namespace windrow::cli
