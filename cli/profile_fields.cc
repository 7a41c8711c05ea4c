#include "cli/profile_fields.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace windrow::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kOutputOnly[] = {
    "windrow.v1.ClientCertificate.expire_time",
    "windrow.v1.ClientCertificate.subject",
    "windrow.v1.EventType.etag",
    "windrow.v1.Trigger.notification_id",
    "windrow.v1.Webhook.consecutive_failures",
    "windrow.v1.Webhook.create_time",
    "windrow.v1.Webhook.disable_reason",
    "windrow.v1.Webhook.etag",
    "windrow.v1.Webhook.failing_since",
    "windrow.v1.Webhook.previous_public_key",
    "windrow.v1.Webhook.previous_public_key_expire_time",
    "windrow.v1.Webhook.previous_secret_expire_time",
    "windrow.v1.Webhook.public_key",
    "windrow.v1.Webhook.update_time",
    "windrow.v1.Webhook.webhook_id",
};

constexpr std::string_view kWriteOnly[] = {
    "windrow.v1.ApiKeyAuth.value",
    "windrow.v1.BasicAuth.password",
    "windrow.v1.BearerAuth.token",
    "windrow.v1.ClientCertificate.certificate_chain",
    "windrow.v1.ClientCertificate.private_key",
    "windrow.v1.OAuth2ClientCredentials.client_secret",
    "windrow.v1.Webhook.signing_key",
    "windrow.v1.Webhook.signing_secret",
};

template <std::size_t kSize>
bool IsIn(const std::string_view (&names)[kSize], const FieldDescriptor* field) {
  return std::find(std::begin(names), std::end(names), field->full_name()) !=
         std::end(names);
}

}  // namespace

bool IsOutputOnly(const FieldDescriptor* field) { return IsIn(kOutputOnly, field); }

bool IsWriteOnly(const FieldDescriptor* field) { return IsIn(kWriteOnly, field); }

bool HasWriteOnly(const Message& message, const FieldDescriptor* field) {
  if (message.GetDescriptor() != v1::Webhook::descriptor()) return true;
  const auto& webhook = static_cast<const v1::Webhook&>(message);
  const auto& schemes = webhook.signature_schemes();
  const auto signs_with = [&](int scheme) {
    return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
  };
  if (field->name() == "signing_key") return signs_with(v1::SIGNATURE_SCHEME_ED25519);
  // The default scheme's.
  return schemes.empty() || signs_with(v1::SIGNATURE_SCHEME_HMAC_SHA256);
}

std::vector<std::string> WriteOnlyPaths(const v1::Webhook& webhook) {
  std::vector<std::string> paths;
  for (int i = 0; i < webhook.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = webhook.GetDescriptor()->field(i);
    if (IsWriteOnly(field) && HasWriteOnly(webhook, field)) {
      paths.push_back(field->name());
    }
    const bool has_more = field->message_type() != nullptr && !field->is_repeated() &&
                          webhook.GetReflection()->HasField(webhook, field);
    if (!has_more) continue;
    for (int j = 0; j < field->message_type()->field_count(); ++j) {
      const FieldDescriptor* inner = field->message_type()->field(j);
      if (IsWriteOnly(inner)) paths.push_back(field->name() + "." + inner->name());
    }
  }
  return paths;
}

}  // namespace windrow::cli
