// `windrow trigger list|show|add|update|enable|disable|remove`: the event subscriptions
// of one webhook.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <ostream>
#include <set>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/condition_flag.h"
#include "cli/condition_text.h"
#include "cli/condition_yaml.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "common/base/status.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::cli {
namespace {

struct TriggerArguments {
  std::string webhook_id;
  std::vector<int> ids;  // notification_id
  std::optional<std::string> event_type;
  std::optional<std::string> condition;
  bool no_condition = false;
  bool disabled = false;
};

std::string StateText(const v1::Trigger& trigger) {
  return trigger.has_enabled() && !trigger.enabled() ? "no" : "yes";
}

Fields FieldsOf(const v1::Trigger& trigger) {
  return {
      {"notification_id", fmt::to_string(trigger.notification_id())},
      {"event_type", trigger.event_type()},
      {"enabled", StateText(trigger)},
      {"condition",
       trigger.has_condition() ? ConditionToYaml(trigger.condition(), "") + "\n" : ""}};
}

// The triggers of one webhook, changed under its etag: nobody's change is lost.
class Triggers {
 public:
  explicit Triggers(const Session& session)
      : session_(session), stub_(v1::WebhookService::NewStub(Connect(session))) {}

  int Read(const std::string& webhook_id) {
    v1::GetWebhookRequest request;
    request.set_webhook_id(webhook_id);
    const grpc::Status status =
        stub_->GetWebhook(MakeContext(session_).get(), request, &webhook_);
    return status.ok() ? static_cast<int>(kOk)
                       : Fail(session_, "get the webhook", status);
  }

  v1::Webhook& webhook() { return webhook_; }

  // Null, and said on standard error, where the webhook has no such trigger.
  v1::Trigger* Find(int id) {
    for (v1::Trigger& trigger : *webhook_.mutable_triggers()) {
      if (trigger.notification_id() == id) return &trigger;
    }
    session_.err << fmt::format(
        "windrow: the webhook has no trigger {}: `windrow trigger list {}` shows them.\n",
        id, webhook_.webhook_id());
    return nullptr;
  }

  // Saves, and shows those of `ids`; without any, those that are new.
  int Save(const std::vector<int>& ids) {
    std::set<int> shown(ids.begin(), ids.end());
    std::set<int> known;
    for (const v1::Trigger& trigger : webhook_.triggers()) {
      known.insert(trigger.notification_id());
    }
    v1::UpdateWebhookRequest request;
    request.mutable_webhook()->set_webhook_id(webhook_.webhook_id());
    request.mutable_webhook()->set_etag(webhook_.etag());
    *request.mutable_webhook()->mutable_triggers() = webhook_.triggers();
    request.mutable_update_mask()->add_paths("triggers");
    const grpc::Status status =
        stub_->UpdateWebhook(MakeContext(session_).get(), request, &webhook_);
    if (!status.ok()) return Fail(session_, "change the triggers", status);
    for (const v1::Trigger& trigger : webhook_.triggers()) {
      const int id = trigger.notification_id();
      if (ids.empty() ? known.count(id) == 0 : shown.count(id) > 0) {
        WriteOne(session_, trigger, FieldsOf(trigger));
      }
    }
    return kOk;
  }

 private:
  const Session& session_;
  const std::unique_ptr<v1::WebhookService::Stub> stub_;
  v1::Webhook webhook_;
};

int List(const Session& session, const TriggerArguments& arguments) {
  Triggers triggers(session);
  if (const int code = triggers.Read(arguments.webhook_id); code != kOk) return code;
  ListWriter writer(session, {"NOTIFICATION_ID", "EVENT_TYPE", "ENABLED", "CONDITION"});
  for (const v1::Trigger& trigger : triggers.webhook().triggers()) {
    writer.Add(trigger,
               {fmt::to_string(trigger.notification_id()), trigger.event_type(),
                StateText(trigger),
                trigger.has_condition() ? ConditionText(trigger.condition()) : ""});
  }
  writer.Finish();
  return kOk;
}

int Show(const Session& session, const TriggerArguments& arguments) {
  Triggers triggers(session);
  if (const int code = triggers.Read(arguments.webhook_id); code != kOk) return code;
  for (const int id : arguments.ids) {
    const v1::Trigger* trigger = triggers.Find(id);
    if (trigger == nullptr) return kNotFound;
    WriteOne(session, *trigger, FieldsOf(*trigger));
  }
  return kOk;
}

// What --event and --condition say goes into the trigger.
absl::Status Put(const TriggerArguments& arguments, v1::Trigger* trigger) {
  if (arguments.event_type) trigger->set_event_type(*arguments.event_type);
  if (arguments.no_condition) trigger->clear_condition();
  if (!arguments.condition) return absl::OkStatus();
  WINDROW_ASSIGN_OR_RETURN(*trigger->mutable_condition(),
                           ConditionFromFlag(*arguments.condition));
  return absl::OkStatus();
}

int Add(const Session& session, const TriggerArguments& arguments) {
  v1::Trigger trigger;
  const absl::Status put = Put(arguments, &trigger);
  if (!put.ok()) return FailUsage(session, std::string(put.message()));
  if (arguments.disabled) trigger.set_enabled(false);
  Triggers triggers(session);
  if (const int code = triggers.Read(arguments.webhook_id); code != kOk) return code;
  *triggers.webhook().add_triggers() = trigger;
  return triggers.Save({});
}

// Changes each trigger that is named.
template <typename Change>
int ChangeEach(const Session& session, const TriggerArguments& arguments,
               const Change& change) {
  Triggers triggers(session);
  if (const int code = triggers.Read(arguments.webhook_id); code != kOk) return code;
  for (const int id : arguments.ids) {
    v1::Trigger* trigger = triggers.Find(id);
    if (trigger == nullptr) return kNotFound;
    const absl::Status changed = change(trigger);
    if (!changed.ok()) return FailUsage(session, std::string(changed.message()));
  }
  return triggers.Save(arguments.ids);
}

int Update(const Session& session, const TriggerArguments& arguments) {
  if (!arguments.event_type && !arguments.condition && !arguments.no_condition) {
    return FailUsage(session,
                     "nothing to change: give --event, --condition or --no-condition");
  }
  return ChangeEach(session, arguments,
                    [&](v1::Trigger* trigger) { return Put(arguments, trigger); });
}

int Switch(const Session& session, const TriggerArguments& arguments, bool enabled) {
  return ChangeEach(session, arguments, [&](v1::Trigger* trigger) {
    trigger->set_enabled(enabled);
    return absl::OkStatus();
  });
}

int Remove(const Session& session, const TriggerArguments& arguments) {
  Triggers triggers(session);
  if (const int code = triggers.Read(arguments.webhook_id); code != kOk) return code;
  for (const int id : arguments.ids) {
    if (triggers.Find(id) == nullptr) return kNotFound;
  }
  auto* all = triggers.webhook().mutable_triggers();
  all->erase(std::remove_if(all->begin(), all->end(),
                            [&](const v1::Trigger& trigger) {
                              return std::ranges::find(arguments.ids,
                                                       trigger.notification_id()) !=
                                     arguments.ids.end();
                            }),
             all->end());
  if (all->empty()) {
    return FailUsage(session,
                     "a webhook has at least one trigger: disable the webhook, or this "
                     "trigger, instead");
  }
  const int code = triggers.Save(arguments.ids);
  if (code != kOk) return code;
  for (const int id : arguments.ids) {
    session.err << fmt::format("Trigger {} is removed.\n", id);
  }
  return kOk;
}

using Verb = std::function<int(const Session&, const TriggerArguments&)>;

CLI::App* AddVerb(CLI::App* group, Session* session, const char* name, const char* help,
                  std::shared_ptr<TriggerArguments> a, Verb verb) {
  CLI::App* command = group->add_subcommand(name, help);
  command->add_option("WEBHOOK_ID", a->webhook_id, "as `webhook list` shows it")
      ->required();
  command->callback([session, a, verb = std::move(verb)] {
    session->action = [session, a, verb] { return verb(*session, *a); };
  });
  return command;
}

void AddIds(CLI::App* command, TriggerArguments* a) {
  command
      ->add_option("NOTIFICATION_ID", a->ids, "one or several, as `trigger list` shows")
      ->required();
}

void AddCondition(CLI::App* command, TriggerArguments* a) {
  command
      ->add_option("--condition", a->condition,
                   "which events of the type: JSON, YAML, or @FILE with either, such as "
                   "'{\"test\":\"changed_to\",\"path\":\"object.status\",\"values\":"
                   "[\"Closed\"]}'")
      ->type_name("CONDITION");
}

void AddChanging(CLI::App* group, Session* session) {
  auto a = std::make_shared<TriggerArguments>();
  CLI::App* add = AddVerb(group, session, "add",
                          "Subscribe the webhook to one more event type, and print the "
                          "trigger with its notification_id",
                          a, Add);
  add->add_option("--event", a->event_type, "such as ticket.created")
      ->required()
      ->type_name("TYPE");
  AddCondition(add, a.get());
  add->add_flag("--disabled", a->disabled, "match nothing yet");

  auto u = std::make_shared<TriggerArguments>();
  CLI::App* update = AddVerb(group, session, "update",
                             "Give triggers another event type or condition", u, Update);
  AddIds(update, u.get());
  update->add_option("--event", u->event_type, "another type")->type_name("TYPE");
  AddCondition(update, u.get());
  update->add_flag("--no-condition", u->no_condition, "every event of the type")
      ->excludes(update->get_option("--condition"));

  for (const bool enabled : {true, false}) {
    auto s = std::make_shared<TriggerArguments>();
    AddIds(AddVerb(group, session, enabled ? "enable" : "disable",
                   enabled ? "Let triggers match again" : "Let triggers match nothing", s,
                   [enabled](const Session& one, const TriggerArguments& arguments) {
                     return Switch(one, arguments, enabled);
                   }),
           s.get());
  }

  auto r = std::make_shared<TriggerArguments>();
  AddIds(AddVerb(group, session, "remove", "Take triggers from the webhook", r, Remove),
         r.get());
}

}  // namespace

void AddTrigger(CLI::App* app, Session* session) {
  CLI::App* group = app->add_subcommand(
      "trigger", "Which events a webhook wants; each change keeps the other triggers");
  group->require_subcommand(1);
  auto l = std::make_shared<TriggerArguments>();
  AddVerb(group, session, "list", "Show the triggers of a webhook", l, List);
  auto s = std::make_shared<TriggerArguments>();
  AddIds(AddVerb(group, session, "show", "Show triggers with their conditions", s, Show),
         s.get());
  AddChanging(group, session);
}

}  // namespace windrow::cli
