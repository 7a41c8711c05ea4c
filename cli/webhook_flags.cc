#include "cli/webhook_flags.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "cli/condition_flag.h"
#include "cli/flag_types.h"
#include "common/base/status.h"

namespace windrow::cli {
namespace {

const std::map<std::string, v1::WebhookType>& Types() {
  static const std::map<std::string, v1::WebhookType> types = {
      {"standard", v1::WEBHOOK_TYPE_STANDARD},
      {"slack", v1::WEBHOOK_TYPE_SLACK},
      {"teams", v1::WEBHOOK_TYPE_MICROSOFT_TEAMS},
      {"discord", v1::WEBHOOK_TYPE_DISCORD}};
  return types;
}

const std::map<std::string, v1::HttpMethod>& Methods() {
  static const std::map<std::string, v1::HttpMethod> methods = {
      {"post", v1::HTTP_METHOD_POST},
      {"get", v1::HTTP_METHOD_GET},
      {"put", v1::HTTP_METHOD_PUT},
      {"patch", v1::HTTP_METHOD_PATCH}};
  return methods;
}

const std::map<std::string, v1::PayloadKind>& Payloads() {
  static const std::map<std::string, v1::PayloadKind> kinds = {
      {"small", v1::PAYLOAD_KIND_SMALL},
      {"full", v1::PAYLOAD_KIND_FULL},
      {"event-only", v1::PAYLOAD_KIND_EVENT_ONLY},
      {"custom", v1::PAYLOAD_KIND_CUSTOM}};
  return kinds;
}

const std::map<std::string, v1::BatchMode>& BatchModes() {
  static const std::map<std::string, v1::BatchMode> modes = {
      {"none", v1::BATCH_MODE_NONE},
      {"same-event", v1::BATCH_MODE_SAME_EVENT},
      {"same-event-type", v1::BATCH_MODE_SAME_EVENT_TYPE},
      {"any", v1::BATCH_MODE_ANY}};
  return modes;
}

const std::map<std::string, v1::Ordering>& Orderings() {
  static const std::map<std::string, v1::Ordering> orderings = {
      {"none", v1::ORDERING_NONE},
      {"per-object", v1::ORDERING_PER_OBJECT},
      {"per-webhook", v1::ORDERING_PER_WEBHOOK}};
  return orderings;
}

void AddPacing(CLI::App* app, WebhookFlags* flags) {
  app->add_option(
         "--rate-per-second", flags->rate_per_second,
         "requests a second at most, over all workers: 0.001-10000; default 0: no "
         "limit")
      ->type_name("N");
  app->add_option(
         "--max-concurrent", flags->max_concurrent,
         "requests at the same time at most, over all workers: 1-10000; default 0: "
         "no limit")
      ->type_name("N");
  app->add_option(
         "--ordering", flags->ordering,
         "none (default), or one request at a time in the order of events: "
         "per-object (without batching) or per-webhook (with --batch none or any)")
      ->check(CLI::IsMember({"none", "per-object", "per-webhook"}))
      ->type_name("ORDER");
}

void AddDelivering(CLI::App* app, WebhookFlags* flags) {
  AddDuration(app, "--timeout", &flags->timeout, "of one request, 1s-60s");
  AddDuration(app, "--disable-after", &flags->disable_after,
              "disable it after this long without a success, 1h-720h; default 120h, 0s: "
              "never");
  app->add_option("--max-hops", flags->max_hops,
                  "drop events that came back from it so many times, 1-1000; default 8")
      ->type_name("N");
  app->add_option("--disable-after-failures", flags->disable_after_failures,
                  "disable it after this many failed requests in a row; default 0: never")
      ->type_name("N");
  app->add_option_function<std::vector<std::string>>(
         "--retry-delay",
         [flags](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             absl::Duration delay;
             if (!absl::ParseDuration(text, &delay)) {
               throw CLI::ValidationError("--retry-delay",
                                          "'" + text + "' is not a duration such as 5m");
             }
             flags->retry_delays.push_back(delay);
           }
         },
         "the wait before attempt 1, 2, …; repeat it, the first is 0s as a rule")
      ->allow_extra_args(false)
      ->type_name("DURATION");
}

void AddMessage(CLI::App* app, WebhookFlags* flags) {
  app->add_option(
         "--type", flags->type,
         "what receives the requests: standard (default), or messages for slack, "
         "teams or discord")
      ->check(CLI::IsMember({"standard", "slack", "teams", "discord"}))
      ->type_name("TYPE");
  CLI::Option* text =
      app->add_option("--message", flags->message,
                      "a message's text, in the product's markup with {{path}} "
                      "placeholders, such as 'No. {{object.id}}: {{object.summary}}'; "
                      "default: event, object and message")
          ->type_name("TEXT");
  app->add_option("--message-file", flags->message_file, "the same from a file")
      ->type_name("FILE")
      ->excludes(text);
}

absl::Status SetHeaders(const std::vector<std::string>& headers, v1::Webhook* webhook) {
  for (const std::string& text : headers) {
    const std::size_t colon = text.find(':');
    if (colon == std::string::npos || colon == 0) {
      return absl::InvalidArgumentError(
          fmt::format("--header '{}' must be 'Name: value'", text));
    }
    v1::Header* header = webhook->add_headers();
    header->set_name(text.substr(0, colon));
    const std::size_t value = text.find_first_not_of(" \t", colon + 1);
    header->set_value(value == std::string::npos ? "" : text.substr(value));
  }
  return absl::OkStatus();
}

// A standard webhook has no message template.
absl::Status SetType(const WebhookFlags& flags, v1::Webhook* webhook,
                     google::protobuf::FieldMask* mask) {
  const bool has_template = flags.message || flags.message_file;
  if (flags.type) {
    webhook->set_type(Types().at(*flags.type));
    mask->add_paths("type");
  }
  if (has_template || flags.type == "standard") mask->add_paths("message_template");
  if (flags.message) webhook->set_message_template(*flags.message);
  if (!flags.message_file) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(*webhook->mutable_message_template(),
                           ReadTextFile(*flags.message_file));
  return absl::OkStatus();
}

absl::Status SetLabels(const std::vector<std::string>& labels, v1::Webhook* webhook) {
  for (const std::string& text : labels) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(
          fmt::format("--label '{}' must be key=value", text));
    }
    (*webhook->mutable_labels())[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return absl::OkStatus();
}

void SetTriggers(const std::vector<std::string>& events, const v1::Webhook* current,
                 v1::Webhook* webhook) {
  if (events.empty() && current != nullptr) {
    *webhook->mutable_triggers() = current->triggers();
  }
  for (const std::string& event : events) {
    v1::Trigger* trigger = webhook->add_triggers();
    trigger->set_event_type(event);
    if (current == nullptr) continue;
    for (const v1::Trigger& known : current->triggers()) {
      if (known.event_type() == event) *trigger = known;
    }
  }
}

absl::Status SetCustomPayload(const WebhookFlags& flags, v1::CustomPayload* custom) {
  if (flags.template_file) {
    WINDROW_ASSIGN_OR_RETURN(*custom->mutable_template_(),
                             ReadTextFile(*flags.template_file));
  }
  constexpr std::string_view kId = "id:";
  for (const std::string& text : flags.fields) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          fmt::format("--field '{}' must be KEY=PATH or KEY=id:PATH", text));
    }
    v1::CustomField* field = custom->add_fields();
    field->set_key(text.substr(0, equals));
    std::string source = text.substr(equals + 1);
    if (source.starts_with(kId)) {
      field->set_send_id(true);
      source.erase(0, kId.size());
    }
    field->set_source(source);
  }
  return absl::OkStatus();
}

absl::Status SetConditions(const std::vector<std::string>& conditions,
                           v1::Webhook* webhook) {
  for (const std::string& text : conditions) {
    const std::size_t equals = text.find('=');
    const std::string type = text.substr(0, equals);
    const absl::StatusOr<v1::Condition> condition =
        ConditionFromFlag(equals == text.npos ? "" : text.substr(equals + 1));
    if (!condition.ok()) {
      return absl::InvalidArgumentError(fmt::format(
          "--condition {}: {}", type, std::string(condition.status().message())));
    }
    bool found = false;
    for (v1::Trigger& trigger : *webhook->mutable_triggers()) {
      if (trigger.event_type() != type) continue;
      *trigger.mutable_condition() = *condition;
      found = true;
    }
    if (!found) {
      return absl::InvalidArgumentError(
          fmt::format("--condition {0}: no trigger is for it: add --event {0}", type));
    }
  }
  return absl::OkStatus();
}

void SetBatching(const WebhookFlags& flags, const v1::Webhook* current,
                 v1::Webhook* webhook) {
  v1::Batching* batching = webhook->mutable_batching();
  if (current != nullptr) *batching = current->batching();
  if (flags.batch) batching->set_mode(BatchModes().at(*flags.batch));
  if (flags.batch == "none") {
    batching->clear_wait();
    batching->clear_max_items();
  }
  if (flags.batch_wait) *batching->mutable_wait() = ToProto(*flags.batch_wait);
  if (flags.batch_max_items) batching->set_max_items(*flags.batch_max_items);
}

void SetRate(const WebhookFlags& flags, const v1::Webhook* current,
             v1::Webhook* webhook) {
  v1::Rate* rate = webhook->mutable_rate();
  if (current != nullptr) *rate = current->rate();
  if (flags.rate_per_second) rate->set_requests_per_second(*flags.rate_per_second);
  if (flags.max_concurrent) rate->set_max_concurrent_requests(*flags.max_concurrent);
}

bool HasRate(const WebhookFlags& flags) {
  return flags.rate_per_second || flags.max_concurrent;
}

bool HasBatching(const WebhookFlags& flags) {
  return flags.batch || flags.batch_wait || flags.batch_max_items;
}

}  // namespace

bool WebhookFlags::NeedsCurrent() const {
  const bool may_leave_custom = payload && *payload != "custom";
  return !events.empty() || !conditions.empty() || HasBatching(*this) || HasRate(*this) ||
         may_leave_custom || disable_after || disable_after_failures || auth.HasOAuth();
}

void AddWebhookFlags(CLI::App* app, WebhookFlags* flags) {
  app->add_option("--name", flags->name, "1-128 characters, unique");
  app->add_option("--description", flags->description, "for people");
  app->add_option("--url", flags->url, "where to send");
  app->add_option("--event", flags->events,
                  "an event type that is wanted, such as ticket.created; repeat it")
      ->allow_extra_args(false)
      ->type_name("TYPE");
  app->add_option(
         "--condition", flags->conditions,
         "which events of a type: TYPE=CONDITION in JSON or YAML, or TYPE=@FILE, such as "
         "'ticket.updated={\"test\":\"changed_to\",\"path\":\"object.status\","
         "\"values\":[\"Closed\"]}'; repeat it")
      ->allow_extra_args(false)
      ->type_name("TYPE=CONDITION");
  AddMessage(app, flags);
  app->add_option("--payload", flags->payload,
                  "what items hold: small, full (default), event-only or custom")
      ->check(CLI::IsMember({"small", "full", "event-only", "custom"}))
      ->type_name("KIND");
  app->add_option("--field", flags->fields,
                  "a member of custom payloads: KEY=PATH, or KEY=id:PATH for the id of a "
                  "single-select, such as status=id:object.status; repeat it")
      ->allow_extra_args(false)
      ->type_name("KEY=PATH");
  app->add_option("--template-file", flags->template_file,
                  "custom payloads from a JSON template with {{path}} placeholders")
      ->type_name("FILE");
  app->add_option("--method", flags->method, "post (default), get, put or patch")
      ->check(CLI::IsMember({"post", "get", "put", "patch"}))
      ->type_name("METHOD");
  app->add_option(
         "--batch", flags->batch,
         "how items are grouped: none (default), same-event, same-event-type, any")
      ->check(CLI::IsMember({"none", "same-event", "same-event-type", "any"}))
      ->type_name("MODE");
  AddDuration(app, "--batch-wait", &flags->batch_wait, "how long a batch stays open");
  app->add_option("--batch-max-items", flags->batch_max_items, "1-1000");
  app->add_option("--header", flags->headers, "'Name: value', sent along; repeat it")
      ->allow_extra_args(false);
  AddAuthFlags(app, &flags->auth);
  AddDelivering(app, flags);
  AddSigningFlags(app, &flags->signing);
  AddPacing(app, flags);
  app->add_option("--label", flags->labels, "key=value; repeat it")
      ->allow_extra_args(false);
  CLI::Option* light = app->add_flag("--lightweight-logs", flags->lightweight_logs,
                                     "keep no bodies and headers in delivery records");
  app->add_flag("--full-logs", flags->full_logs, "keep them (default)")->excludes(light);
  CLI::Option* off =
      app->add_flag("--disabled", flags->disabled, "match no event and send nothing");
  app->add_flag("--enabled", flags->enabled, "the opposite (default)")->excludes(off);
}

absl::Status ApplyWebhookFlags(const WebhookFlags& flags, const v1::Webhook* current,
                               std::istream& in, v1::Webhook* webhook,
                               google::protobuf::FieldMask* mask) {
  const auto given = [mask](bool is_given, const char* field) {
    if (is_given) mask->add_paths(field);
    return is_given;
  };
  if (given(flags.name.has_value(), "name")) webhook->set_name(*flags.name);
  if (given(flags.description.has_value(), "description")) {
    webhook->set_description(*flags.description);
  }
  if (given(flags.url.has_value(), "url")) webhook->set_url(*flags.url);
  WINDROW_RETURN_IF_ERROR(ApplyAuthFlags(flags.auth, current, in, webhook, mask));
  WINDROW_RETURN_IF_ERROR(SetType(flags, webhook, mask));
  if (given(flags.method.has_value(), "method")) {
    webhook->set_method(Methods().at(*flags.method));
  }
  const bool leaves_custom = current && current->has_custom_payload() && flags.payload &&
                             *flags.payload != "custom";
  if (given(!flags.fields.empty() || flags.template_file || leaves_custom,
            "custom_payload") &&
      !leaves_custom) {
    WINDROW_RETURN_IF_ERROR(SetCustomPayload(flags, webhook->mutable_custom_payload()));
  }
  if (given(!flags.headers.empty(), "headers")) {
    WINDROW_RETURN_IF_ERROR(SetHeaders(flags.headers, webhook));
  }
  if (given(flags.lightweight_logs || flags.full_logs, "lightweight_logs")) {
    webhook->set_lightweight_logs(flags.lightweight_logs);
  }
  if (given(flags.payload.has_value(), "payload")) {
    webhook->set_payload(Payloads().at(*flags.payload));
  }
  if (given(!flags.events.empty() || !flags.conditions.empty(), "triggers")) {
    SetTriggers(flags.events, current, webhook);
    WINDROW_RETURN_IF_ERROR(SetConditions(flags.conditions, webhook));
  }
  if (given(HasBatching(flags), "batching")) SetBatching(flags, current, webhook);
  if (given(HasRate(flags), "rate")) SetRate(flags, current, webhook);
  if (given(flags.ordering.has_value(), "ordering")) {
    webhook->set_ordering(Orderings().at(*flags.ordering));
  }
  if (given(!flags.retry_delays.empty(), "retry")) {
    for (const absl::Duration delay : flags.retry_delays) {
      *webhook->mutable_retry()->add_delays() = ToProto(delay);
    }
  }
  if (given(flags.disable_after || flags.disable_after_failures, "auto_disable")) {
    if (current) *webhook->mutable_auto_disable() = current->auto_disable();
    if (flags.disable_after) {
      *webhook->mutable_auto_disable()->mutable_after() = ToProto(*flags.disable_after);
    }
    if (flags.disable_after_failures) {
      webhook->mutable_auto_disable()->set_consecutive_failures(
          *flags.disable_after_failures);
    }
  }
  if (given(flags.max_hops.has_value(), "max_hops"))
    webhook->set_max_hops(*flags.max_hops);
  if (given(flags.timeout.has_value(), "timeout")) {
    *webhook->mutable_timeout() = ToProto(*flags.timeout);
  }
  if (given(flags.enabled || flags.disabled, "enabled")) {
    webhook->set_enabled(flags.enabled);
  }
  if (given(!flags.labels.empty(), "labels")) {
    WINDROW_RETURN_IF_ERROR(SetLabels(flags.labels, webhook));
  }
  return ApplySigningFlags(flags.signing, webhook, mask);
}

}  // namespace windrow::cli
