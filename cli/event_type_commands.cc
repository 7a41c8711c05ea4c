// `windrow event-type list|get|create|update|delete|policy`: the catalogue.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <ostream>

#include "cli/client.h"
#include "cli/commands.h"
#include "cli/flag_types.h"
#include "cli/list_limit.h"
#include "cli/proto_json.h"
#include "cli/result_writer.h"
#include "cli/rpc_errors.h"
#include "windrow/v1/event_type.grpc.pb.h"

namespace windrow::cli {
namespace {

using Stub = v1::EventTypeService::Stub;

std::unique_ptr<Stub> NewStub(const Session& session) {
  return v1::EventTypeService::NewStub(Connect(session));
}

std::string Lines(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "\n") + text;
  return out;
}

std::string Origin(const v1::EventType& type) {
  return EnumText(v1::EventTypeOrigin_descriptor()->FindValueByNumber(type.origin()));
}

Fields FieldsOf(const v1::EventType& type) {
  return {{"name", type.name()},
          {"description", type.description()},
          {"object type", type.object_type()},
          {"key fields", Lines(type.key_fields())},
          {"single-selects", Lines(type.single_select_fields())},
          {"example", type.example().empty() ? "" : type.example() + "\n"},
          {"origin", Origin(type)},
          {"created", type.has_create_time() ? TimeText(type.create_time()) : ""},
          {"updated", type.has_update_time() ? TimeText(type.update_time()) : ""},
          {"etag", type.etag()}};
}

// The flags that describe a type, the same for `create` and `update`.
struct TypeFlags {
  std::string name;
  std::optional<std::string> description, object_type, example_file;
  std::vector<std::string> key_fields, single_selects;
  bool no_key_fields = false, no_single_selects = false, no_example = false;
  std::string etag;
  bool validate_only = false;
};

// Puts what was given into `type`, and the names of its fields into `mask`. False, with a
// word on standard error, where the example's file cannot be read.
bool Apply(const Session& session, const TypeFlags& flags, v1::EventType* type,
           google::protobuf::FieldMask* mask) {
  type->set_name(flags.name);
  type->set_etag(flags.etag);
  if (flags.description) {
    type->set_description(*flags.description);
    mask->add_paths("description");
  }
  if (flags.object_type) {
    type->set_object_type(*flags.object_type);
    mask->add_paths("object_type");
  }
  for (const std::string& field : flags.key_fields) type->add_key_fields(field);
  if (!flags.key_fields.empty() || flags.no_key_fields) mask->add_paths("key_fields");
  for (const std::string& field : flags.single_selects) {
    type->add_single_select_fields(field);
  }
  if (!flags.single_selects.empty() || flags.no_single_selects) {
    mask->add_paths("single_select_fields");
  }
  if (flags.no_example) mask->add_paths("example");
  if (!flags.example_file) return true;
  std::ifstream file(*flags.example_file, std::ios::binary);
  if (!file) {
    session.err << fmt::format("windrow: {} cannot be read\n", *flags.example_file);
    return false;
  }
  type->set_example(std::string(std::istreambuf_iterator<char>(file), {}));
  mask->add_paths("example");
  return true;
}

int Show(const Session& session, const v1::EventType& type, bool validate_only) {
  WriteOne(session, type, FieldsOf(type));
  if (validate_only) session.err << "It is valid; nothing was saved.\n";
  return kOk;
}

int Create(const Session& session, const TypeFlags& flags) {
  v1::CreateEventTypeRequest request;
  google::protobuf::FieldMask unused;
  if (!Apply(session, flags, request.mutable_event_type(), &unused)) return kUsage;
  request.set_validate_only(flags.validate_only);
  v1::EventType type;
  const grpc::Status status =
      NewStub(session)->CreateEventType(MakeContext(session).get(), request, &type);
  if (!status.ok()) return Fail(session, "create the event type", status);
  return Show(session, type, flags.validate_only);
}

int Update(const Session& session, const TypeFlags& flags) {
  v1::UpdateEventTypeRequest request;
  if (!Apply(session, flags, request.mutable_event_type(),
             request.mutable_update_mask())) {
    return kUsage;
  }
  if (request.update_mask().paths().empty()) {
    return FailUsage(session, "nothing to change: give at least one field's flag");
  }
  request.set_validate_only(flags.validate_only);
  v1::EventType type;
  const grpc::Status status =
      NewStub(session)->UpdateEventType(MakeContext(session).get(), request, &type);
  if (!status.ok()) return Fail(session, "update the event type", status);
  return Show(session, type, flags.validate_only);
}

int Get(const Session& session, const std::string& name) {
  v1::GetEventTypeRequest request;
  request.set_name(name);
  v1::EventType type;
  const grpc::Status status =
      NewStub(session)->GetEventType(MakeContext(session).get(), request, &type);
  if (!status.ok()) return Fail(session, "get the event type", status);
  return Show(session, type, false);
}

int List(const Session& session, const ListLimit& limit) {
  const std::unique_ptr<Stub> stub = NewStub(session);
  ListWriter writer(session,
                    {"NAME", "OBJECT_TYPE", "ORIGIN", "KEY_FIELDS", "DESCRIPTION"});
  v1::ListEventTypesRequest request;
  v1::ListEventTypesResponse page;
  PageCounter pages(limit);
  do {
    request.set_page_size(pages.NextSize());
    page.Clear();
    const grpc::Status status =
        stub->ListEventTypes(MakeContext(session).get(), request, &page);
    if (!status.ok()) return Fail(session, "list the event types", status);
    for (const v1::EventType& type : page.event_types()) {
      writer.Add(type, {type.name(), type.object_type(), Origin(type),
                        fmt::to_string(type.key_fields_size()), type.description()});
    }
    request.set_page_token(page.next_page_token());
  } while (pages.More(request.page_token(), page.event_types_size()));
  writer.Finish();
  pages.TellRest(session);
  return kOk;
}

int Delete(const Session& session, const TypeFlags& flags) {
  v1::DeleteEventTypeRequest request;
  request.set_name(flags.name);
  request.set_etag(flags.etag);
  google::protobuf::Empty answer;
  const grpc::Status status =
      NewStub(session)->DeleteEventType(MakeContext(session).get(), request, &answer);
  if (!status.ok()) return Fail(session, "delete the event type", status);
  session.err << fmt::format("Event type {} is deleted.\n", Harmless(flags.name, false));
  return kOk;
}

int ShowPolicy(const Session& session, const v1::CatalogueSettings& settings) {
  WriteOne(session, settings,
           {{"unknown event types",
             EnumText(v1::UnknownEventTypes_descriptor()->FindValueByNumber(
                 settings.unknown_event_types()))}});
  return kOk;
}

int GetPolicy(const Session& session) {
  v1::CatalogueSettings settings;
  const grpc::Status status = NewStub(session)->GetCatalogueSettings(
      MakeContext(session).get(), v1::GetCatalogueSettingsRequest(), &settings);
  if (!status.ok()) return Fail(session, "get the policy", status);
  return ShowPolicy(session, settings);
}

int SetPolicy(const Session& session, const std::string& policy) {
  v1::UpdateCatalogueSettingsRequest request;
  request.mutable_settings()->set_unknown_event_types(
      policy == "learn" ? v1::UNKNOWN_EVENT_TYPES_LEARN : v1::UNKNOWN_EVENT_TYPES_REFUSE);
  request.mutable_update_mask()->add_paths("unknown_event_types");
  v1::CatalogueSettings settings;
  const grpc::Status status = NewStub(session)->UpdateCatalogueSettings(
      MakeContext(session).get(), request, &settings);
  if (!status.ok()) return Fail(session, "set the policy", status);
  return ShowPolicy(session, settings);
}

// Which of the flags below a verb has.
CLI::App* AddVerb(CLI::App* group, const char* verb, const char* what,
                  const std::shared_ptr<TypeFlags>& flags) {
  CLI::App* app = group->add_subcommand(verb, what);
  app->add_option("NAME", flags->name, "such as ticket.created")->required();
  return app;
}

void AddDescribing(CLI::App* app, TypeFlags* flags) {
  app->add_option("--object-type", flags->object_type,
                  "what its objects are called in payloads, such as ticket");
  app->add_option("--description", flags->description, "what it means");
  app->add_option("--key-field", flags->key_fields,
                  "what SMALL payloads keep of the object, such as id or customer.name; "
                  "repeat it. None: top-level scalars and single-selects")
      ->allow_extra_args(false)
      ->type_name("PATH");
  app->add_option("--single-select", flags->single_selects,
                  "a field whose values are {\"id\": …, \"name\": …}; repeat it")
      ->allow_extra_args(false)
      ->type_name("PATH");
  app->add_option("--example-file", flags->example_file,
                  "a JSON object of such an event, at most 64 KiB")
      ->type_name("FILE");
  app->add_flag("--validate-only", flags->validate_only,
                "check everything, save nothing");
}

void AddEtag(CLI::App* app, TypeFlags* flags) {
  app->add_option("--etag", flags->etag,
                  "do it only where this is still the current etag");
}

void AddChanging(CLI::App* group, Session* session) {
  auto c = std::make_shared<TypeFlags>();
  CLI::App* create = AddVerb(group, "create", "Declare a type of events", c);
  AddDescribing(create, c.get());
  create->callback(
      [session, c] { session->action = [session, c] { return Create(*session, *c); }; });

  auto u = std::make_shared<TypeFlags>();
  CLI::App* update = AddVerb(
      group, "update",
      "Change the fields whose flags are given; a list replaces the whole list. New key "
      "fields hold for events published from then on",
      u);
  AddDescribing(update, u.get());
  update->add_flag("--no-key-fields", u->no_key_fields, "name no key fields")
      ->excludes("--key-field");
  update->add_flag("--no-single-selects", u->no_single_selects, "name no single-selects")
      ->excludes("--single-select");
  update->add_flag("--no-example", u->no_example, "keep no example")
      ->excludes("--example-file");
  AddEtag(update, u.get());
  update->callback(
      [session, u] { session->action = [session, u] { return Update(*session, *u); }; });

  auto d = std::make_shared<TypeFlags>();
  CLI::App* remove = AddVerb(
      group, "delete",
      "Take a type out of the catalogue; not while webhooks have triggers for it", d);
  AddEtag(remove, d.get());
  remove->callback(
      [session, d] { session->action = [session, d] { return Delete(*session, *d); }; });
}

void AddPolicy(CLI::App* group, Session* session) {
  CLI::App* policy = group->add_subcommand(
      "policy", "What becomes of events whose type the catalogue does not have");
  policy->require_subcommand(1);
  CLI::App* get = policy->add_subcommand("get", "Show it");
  get->callback(
      [session] { session->action = [session] { return GetPolicy(*session); }; });
  CLI::App* set = policy->add_subcommand(
      "set",
      "learn: they are published, and the type is added; refuse: they are refused");
  auto value = std::make_shared<std::string>();
  set->add_option("POLICY", *value, "learn or refuse")
      ->required()
      ->check(CLI::IsMember({"learn", "refuse"}))
      ->type_name("");
  set->callback([session, value] {
    session->action = [session, value] { return SetPolicy(*session, *value); };
  });
}

}  // namespace

void AddEventType(CLI::App* app, Session* session) {
  CLI::App* group =
      app->add_subcommand("event-type", "The catalogue: which types of events there are");
  group->require_subcommand(1);

  CLI::App* list = group->add_subcommand("list", "Show the types, by name");
  auto limit = std::make_shared<ListLimit>();
  AddListLimit(list, limit.get());
  list->callback([session, limit] {
    session->action = [session, limit] { return List(*session, *limit); };
  });

  auto g = std::make_shared<TypeFlags>();
  CLI::App* get = AddVerb(group, "get", "Show one type", g);
  get->callback([session, g] {
    session->action = [session, g] { return Get(*session, g->name); };
  });
  AddChanging(group, session);
  AddPolicy(group, session);
}

}  // namespace windrow::cli
