#include "cli/apply_plan.h"

#include <fmt/format.h>

#include "cli/profile_fields.h"
#include "cli/table.h"
#include "common/base/utf8.h"
#include "common/json/document.h"

namespace windrow::cli {
namespace {

constexpr std::size_t kShownBytes = 300;

std::string_view ActionText(ApplyAction action) {
  switch (action) {
    case ApplyAction::kCreate:
      return "create";
    case ApplyAction::kUpdate:
      return "update";
    case ApplyAction::kNothing:
      return "nothing";
  }
  return "";
}

// Cut behind a whole character.
std::string Shown(const std::string& text) {
  if (text.size() <= kShownBytes) return Harmless(text, false);
  std::size_t end = 0;
  while (end < kShownBytes) {
    end +=
        std::max<std::size_t>(1, Utf8SequenceLength(std::string_view(text).substr(end)));
  }
  return fmt::format("{}… ({} bytes)", Harmless(text.substr(0, end), false), text.size());
}

std::string SecretText(const ApplyPlan& plan, const PlannedSecret& secret) {
  const bool is_new = plan.action == ApplyAction::kCreate;
  return fmt::format("  {} {}: write-only, from {}{}\n",
                     is_new           ? '+'
                     : secret.differs ? '~'
                                      : '=',
                     secret.given.field, Harmless(secret.given.source, false),
                     is_new           ? ""
                     : secret.differs ? ", not what is stored"
                                      : ", as it is stored");
}

std::vector<PlannedSecret> Planned(const std::vector<GivenSecret>& given) {
  std::vector<PlannedSecret> planned;
  for (const GivenSecret& secret : given) planned.push_back({.given = secret});
  return planned;
}

// Copies the write-only texts of a message over.
void CopySecrets(const google::protobuf::Message& from, google::protobuf::Message* to) {
  for (int i = 0; i < from.GetDescriptor()->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = from.GetDescriptor()->field(i);
    if (!IsWriteOnly(field)) continue;
    to->GetReflection()->SetString(to, field,
                                   from.GetReflection()->GetString(from, field));
  }
}

void AppendMember(std::string_view name, std::string_view text, std::string* out) {
  if (out->back() != '{') *out += ',';
  json::AppendString(name, out);
  *out += ':';
  json::AppendString(text, out);
}

}  // namespace

std::string ChangeText(const FieldChange& change) {
  const std::string field = Harmless(change.field, false);
  const std::string before = Shown(change.before.value_or(""));
  const std::string after = Shown(change.after.value_or(""));
  if (!change.before) return fmt::format("  + {}: {}\n", field, after);
  if (!change.after) return fmt::format("  - {}: {}\n", field, before);
  return fmt::format("  ~ {}: {} → {}\n", field, before, after);
}

ApplyPlan PlanCreate(const ProfileDocument& document, const v1::Webhook& checked) {
  return {.action = ApplyAction::kCreate,
          .webhook = document.webhook,
          .changes = DiffWebhooks({}, checked),
          .secrets = Planned(document.secrets)};
}

ApplyPlan PlanUpdate(const ProfileDocument& document, const v1::Webhook& stored,
                     const v1::Webhook& sent, const v1::Webhook& checked) {
  return {.action = checked.etag().empty() ? ApplyAction::kUpdate : ApplyAction::kNothing,
          .webhook = sent,
          .changes = DiffWebhooks(stored, checked),
          .secrets = Planned(document.secrets)};
}

std::optional<v1::UpdateWebhookRequest> ProbeSecrets(const v1::Webhook& stored,
                                                     const v1::Webhook& wanted,
                                                     const std::string& field) {
  const google::protobuf::FieldDescriptor* descriptor =
      v1::Webhook::descriptor()->FindFieldByName(field);
  v1::UpdateWebhookRequest request;
  *request.mutable_webhook() = stored;
  request.mutable_update_mask()->add_paths(field);
  request.set_validate_only(true);
  if (descriptor->message_type() == nullptr) {
    CopySecrets(wanted, request.mutable_webhook());
    return request;
  }
  const google::protobuf::Reflection* reflection = stored.GetReflection();
  if (!reflection->HasField(stored, descriptor)) return std::nullopt;
  CopySecrets(reflection->GetMessage(wanted, descriptor),
              reflection->MutableMessage(request.mutable_webhook(), descriptor));
  return request;
}

std::string PlanText(const ApplyPlan& plan) {
  std::string out = fmt::format(
      "{}: {}\n", Harmless(plan.webhook.name(), false),
      plan.action == ApplyAction::kNothing ? "no difference" : ActionText(plan.action));
  for (const FieldChange& change : plan.changes) out += ChangeText(change);
  if (plan.action == ApplyAction::kNothing) return out;
  for (const PlannedSecret& secret : plan.secrets) out += SecretText(plan, secret);
  return out;
}

std::string PlanJson(const ApplyPlan& plan, const v1::Webhook* applied) {
  const v1::Webhook& webhook = applied == nullptr ? plan.webhook : *applied;
  std::string out = "{";
  AppendMember("name", webhook.name(), &out);
  AppendMember("action", ActionText(plan.action), &out);
  if (!webhook.webhook_id().empty())
    AppendMember("webhook_id", webhook.webhook_id(), &out);
  out += ",\"changes\":[";
  for (const FieldChange& change : plan.changes) {
    out += &change == plan.changes.data() ? "{" : ",{";
    AppendMember("field", change.field, &out);
    if (change.before) AppendMember("before", *change.before, &out);
    if (change.after) AppendMember("after", *change.after, &out);
    out += '}';
  }
  out += "],\"write_only\":[";
  for (const PlannedSecret& secret : plan.secrets) {
    out += &secret == plan.secrets.data() ? "{" : ",{";
    AppendMember("field", secret.given.field, &out);
    out += fmt::format(",\"differs\":{}}}", secret.differs);
  }
  out += fmt::format("],\"applied\":{}", applied != nullptr);
  const bool was_made = applied != nullptr && !applied->signing_secret().empty();
  if (was_made) AppendMember("signing_secret", applied->signing_secret(), &out);
  return out + "}";
}

}  // namespace windrow::cli
