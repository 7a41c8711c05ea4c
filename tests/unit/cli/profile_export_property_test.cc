// Whatever a webhook says, its YAML says the same.
#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cli/profile_diff.h"
#include "cli/profile_export.h"
#include "cli/profile_yaml.h"
#include "cli/yaml_text.h"

namespace windrow::cli {
namespace {

using google::protobuf::util::MessageDifferencer;

// Texts that YAML has a meaning for, and any others.
rc::Gen<std::string> Text() {
  return rc::gen::oneOf(
      rc::gen::element<std::string>(
          "a", "yes", "null", "~", "1.10", "0x1F", "a: b", "a #b", "- a", "{a}", "[a]",
          "&a", "*a", "!a", "%a", "@a", "`a", "'a'", "\"a\"", "a'b", " a", "a ", "a\n",
          "a\nb", "a\n\nb", "a\nb\n", "a\nb\n\n", "\na", "a\n b", " a\nb", "a\tb",
          "\ta\nb", "a\n\tb", "a \nb", "a\r\nb", "---", "...", "a\n---\nb", "é€😀", "\x7f",
          "a:", "https://e.com/x?y={{object.id}}#z", "a  b", "?a", "|", ">", "=", "<<",
          "\\", "\u0085x", "\u2028", "\ufeffx", "# a", "a, b", "a]b"),
      rc::gen::container<std::string>(rc::gen::inRange<char>(0x01, 0x7f)));
}

rc::Gen<std::string> Value() {
  return rc::gen::element<std::string>(
      "9", "1.10", "9007199254740993", "1e400", "-0", "true", "null", "\"Closed\"",
      "\"9\"", "\"true\"", "\"a\\u0041\"", "\"it's\"", "\"\"", "{\"id\": 9}", "[1,\"a\"]",
      "\"a\\nb\"", "\"a, b\"", "{\"a\":\n1}");
}

v1::Condition Condition(int depth) {
  v1::Condition out;
  switch (depth == 0 ? 3 : *rc::gen::inRange(0, 4)) {
    case 0:
      for (int i = *rc::gen::inRange(1, 3); i > 0; --i) {
        *out.mutable_all()->add_conditions() = Condition(depth - 1);
      }
      break;
    case 1:
      for (int i = *rc::gen::inRange(1, 3); i > 0; --i) {
        *out.mutable_any()->add_conditions() = Condition(depth - 1);
      }
      break;
    case 2:
      *out.mutable_not_() = Condition(depth - 1);
      break;
    default:
      out.mutable_test()->set_operator_(
          static_cast<v1::TestOperator>(*rc::gen::inRange(1, 23)));
      out.mutable_test()->set_path(*Text());
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
        out.mutable_test()->add_values(*Value());
      }
      out.mutable_test()->set_ignore_case(*rc::gen::arbitrary<bool>());
  }
  return out;
}

v1::Webhook Webhook() {
  v1::Webhook webhook;
  webhook.set_name("n" + *Text());
  webhook.set_description(*Text());
  webhook.set_url(*Text());
  webhook.set_lightweight_logs(*rc::gen::arbitrary<bool>());
  webhook.set_enabled(*rc::gen::arbitrary<bool>());
  webhook.mutable_batching()->set_mode(
      static_cast<v1::BatchMode>(*rc::gen::inRange(1, 5)));
  webhook.mutable_batching()->mutable_wait()->set_nanos(
      *rc::gen::inRange(0, 999'999'999));
  webhook.mutable_batching()->set_max_items(*rc::gen::arbitrary<std::int32_t>());
  webhook.mutable_custom_payload()->set_template_(*Text());
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    (*webhook.mutable_labels())[fmt::format("k{}{}", i, *Text())] = *Text();
    v1::Header* header = webhook.add_headers();
    header->set_name(*Text());
    header->set_value(*Text());
    v1::Trigger* trigger = webhook.add_triggers();
    trigger->set_notification_id(webhook.triggers_size());
    trigger->set_enabled(*rc::gen::arbitrary<bool>());
    trigger->set_event_type(*Text());
    *trigger->mutable_condition() = Condition(3);
    webhook.mutable_retry()->add_delays()->set_seconds(*rc::gen::inRange(0, 86'401));
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    webhook.add_signature_schemes(static_cast<v1::SignatureScheme>(i));
  }
  if (*rc::gen::arbitrary<bool>()) webhook.mutable_bearer_auth();
  if (*rc::gen::arbitrary<bool>()) webhook.mutable_basic_auth()->set_user(*Text());
  return webhook;
}

RC_GTEST_PROP(ProfileExportProperty, ReadingGivesTheWebhookBack, ()) {
  const v1::Webhook webhook = Webhook();
  const std::string yaml = ProfileToYaml(webhook, {});
  const auto documents = ReadProfiles(yaml, "f", {});
  RC_LOG() << yaml;
  RC_ASSERT(documents.ok());
  RC_ASSERT(documents->size() == 1u);
  v1::Webhook read = documents->at(0).webhook;
  KeepStored(webhook, &read);
  std::string difference;
  MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  const bool same = differencer.Compare(webhook, read);
  RC_LOG() << difference;
  RC_ASSERT(same);
  RC_ASSERT(DiffWebhooks(webhook, read).empty());
}

RC_GTEST_PROP(ProfileExportProperty, NoTextOfAnyBytesHarmsTheReader, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::element<char>('\n', ' ', ':', '-', '[', '{', '&', '*', '!',
                                            '"', '\'', '#', '|', 'a', '?', ','),
                     rc::gen::arbitrary<char>()));
  (void)ReadProfiles(text, "f", {});
}

TEST(ProfileExportTest, SecretsAreNamedAfterTheWebhook) {
  EXPECT_EQ(SecretVariable("Tickets (EU)", "basic_auth.password"),
            "TICKETS_EU_BASIC_AUTH_PASSWORD");
  EXPECT_EQ(SecretVariable("1st", "signing_secret"), "WEBHOOK_1ST_SIGNING_SECRET");
  EXPECT_EQ(SecretVariable("日本", "signing_secret"), "SIGNING_SECRET");
}

TEST(ProfileExportTest, SecretsAreSaidInAComment) {
  v1::Webhook webhook;
  webhook.set_name("t");
  webhook.mutable_basic_auth()->set_user("u");
  webhook.set_etag("e");
  EXPECT_EQ(
      ProfileToYaml(webhook, {}),
      "# Secrets are write-only, so they are not in here; the stored ones stay. This "
      "gives them:\n"
      "#   basic_auth.password: {env: T_BASIC_AUTH_PASSWORD}\n"
      "#   signing_secret: {env: T_SIGNING_SECRET}\n"
      "name: t\nbasic_auth:\n  user: u\n");
  EXPECT_EQ(ProfileToYaml(webhook, {.secrets_from_env = true}),
            "name: t\nbasic_auth:\n  user: u\n  password: {env: T_BASIC_AUTH_PASSWORD}\n"
            "signing_secret: {env: T_SIGNING_SECRET}\n");
}

TEST(ProfileExportTest, KeysAreThoseOfTheSchemes) {
  v1::Webhook webhook;
  webhook.set_name("t");
  webhook.set_public_key("whpk_x");
  webhook.add_signature_schemes(v1::SIGNATURE_SCHEME_ED25519);
  EXPECT_EQ(ProfileToYaml(webhook, {.secrets_from_env = true}),
            "name: t\nsignature_schemes: [ED25519]\n"
            "signing_key: {env: T_SIGNING_KEY}\n");
  webhook.add_signature_schemes(v1::SIGNATURE_SCHEME_HMAC_SHA256);
  EXPECT_EQ(ProfileToYaml(webhook, {.secrets_from_env = true}),
            "name: t\nsigning_secret: {env: T_SIGNING_SECRET}\n"
            "signature_schemes: [ED25519, HMAC_SHA256]\n"
            "signing_key: {env: T_SIGNING_KEY}\n");
}

}  // namespace
}  // namespace windrow::cli
