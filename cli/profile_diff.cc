#include "cli/profile_diff.h"

#include <fmt/format.h>
#include <google/protobuf/util/message_differencer.h>

#include <map>
#include <set>
#include <utility>

#include "cli/condition_text.h"
#include "cli/flag_types.h"
#include "cli/profile_fields.h"
#include "cli/proto_json.h"
#include "common/json/document.h"

namespace windrow::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string Quoted(const std::string& text) {
  std::string out;
  json::AppendString(text, &out);
  return out;
}

// A message as a list of (path, text), in the order of its fields.
class Leaves {
 public:
  explicit Leaves(const Message& message) { AddMessage(message, ""); }

  const std::vector<std::pair<std::string, std::string>>& list() const { return list_; }
  const std::string* Find(const std::string& path) const {
    const auto found = index_.find(path);
    return found == index_.end() ? nullptr : &list_[found->second].second;
  }

 private:
  void Add(const std::string& path, std::string text) {
    index_[path] = list_.size();
    list_.emplace_back(path, std::move(text));
  }

  void AddMessage(const Message& message, const std::string& path) {
    if (message.GetDescriptor() == google::protobuf::Duration::descriptor()) {
      return Add(path,
                 DurationText(static_cast<const google::protobuf::Duration&>(message)));
    }
    if (message.GetDescriptor() == google::protobuf::Timestamp::descriptor()) return;
    if (message.GetDescriptor() == v1::Condition::descriptor()) {
      return Add(path, ConditionText(static_cast<const v1::Condition&>(message)));
    }
    const std::size_t before = list_.size();
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message.GetDescriptor()->field(i);
      if (IsOutputOnly(field) || IsWriteOnly(field)) continue;
      AddField(message, field, path.empty() ? field->name() : path + "." + field->name());
    }
    // A message that says something by being there: bearer_auth.
    if (list_.size() == before && !path.empty()) Add(path, "{}");
  }

  void AddField(const Message& message, const FieldDescriptor* field,
                const std::string& path) {
    const Reflection* reflection = message.GetReflection();
    if (field->is_map()) return AddMap(message, field, path);
    if (field->is_repeated()) return AddList(message, field, path);
    if (!reflection->HasField(message, field)) return;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return AddMessage(reflection->GetMessage(message, field), path);
    }
    Add(path, Scalar(message, field));
  }

  void AddMap(const Message& message, const FieldDescriptor* field,
              const std::string& path) {
    std::map<std::string, std::string> entries;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
      const Message& entry =
          message.GetReflection()->GetRepeatedMessage(message, field, i);
      const Reflection* reflection = entry.GetReflection();
      entries[reflection->GetString(entry, entry.GetDescriptor()->map_key())] =
          Quoted(reflection->GetString(entry, entry.GetDescriptor()->map_value()));
    }
    for (auto& [key, text] : entries) Add(path + "." + key, std::move(text));
  }

  // Entries with a name of their own go by it, and their order is a leaf too. Plain lists
  // are one leaf.
  void AddList(const Message& message, const FieldDescriptor* field,
               const std::string& path) {
    const Reflection* reflection = message.GetReflection();
    const int size = reflection->FieldSize(message, field);
    if (size == 0) return;
    std::string plain;
    std::string order;
    bool has_names = false;
    std::set<std::string> seen;
    for (int i = 0; i < size; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
        plain += (i == 0 ? "" : ", ") +
                 EnumText(reflection->GetRepeatedEnum(message, field, i));
        continue;
      }
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
        plain += (i == 0 ? "" : ", ") +
                 Quoted(reflection->GetRepeatedString(message, field, i));
        continue;
      }
      const Message& entry = reflection->GetRepeatedMessage(message, field, i);
      if (entry.GetDescriptor() == google::protobuf::Duration::descriptor()) {
        plain += (i == 0 ? "" : ", ") +
                 DurationText(static_cast<const google::protobuf::Duration&>(entry));
        continue;
      }
      const std::optional<std::string> name = NameOf(entry);
      has_names = name.has_value();
      order += (i == 0 ? "" : ", ") + name.value_or("");
      // A second one of a name goes by its place: the server refuses it, and is asked.
      const bool is_first = name && seen.insert(*name).second;
      AddMessage(entry,
                 fmt::format("{}[{}]", path, is_first ? *name : fmt::to_string(i)));
    }
    if (!plain.empty()) Add(path, "[" + plain + "]");
    if (has_names && size > 1) Add(path, "in the order " + order);
  }

  static std::optional<std::string> NameOf(const Message& entry) {
    for (const char* name : {"name", "key"}) {
      const FieldDescriptor* field = entry.GetDescriptor()->FindFieldByName(name);
      if (field != nullptr) return entry.GetReflection()->GetString(entry, field);
    }
    return std::nullopt;
  }

  static std::string Scalar(const Message& message, const FieldDescriptor* field) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      return Quoted(message.GetReflection()->GetString(message, field));
    }
    return PlainText(message, field).value_or("?");
  }

  std::vector<std::pair<std::string, std::string>> list_;
  std::map<std::string, std::size_t> index_;
};

// `before` with its triggers where `after` has them, so that paths mean the same trigger;
// those that go are behind the others.
v1::Webhook WithTriggersInPlace(const v1::Webhook& before, const v1::Webhook& after) {
  v1::Webhook placed = before;
  placed.clear_triggers();
  std::set<int> used;
  for (const v1::Trigger& wanted : after.triggers()) {
    v1::Trigger* slot = placed.add_triggers();  // a new trigger's: empty
    if (wanted.notification_id() == 0) continue;
    for (const v1::Trigger& stored : before.triggers()) {
      if (stored.notification_id() != wanted.notification_id()) continue;
      *slot = stored;
      used.insert(stored.notification_id());
    }
  }
  for (const v1::Trigger& stored : before.triggers()) {
    if (used.count(stored.notification_id()) == 0) *placed.add_triggers() = stored;
  }
  return placed;
}

bool SameTrigger(const v1::Trigger& stored, const v1::Trigger& wanted) {
  return stored.event_type() == wanted.event_type() &&
         google::protobuf::util::MessageDifferencer::Equals(stored.condition(),
                                                            wanted.condition());
}

}  // namespace

std::vector<FieldChange> DiffWebhooks(const v1::Webhook& before,
                                      const v1::Webhook& after) {
  return DiffMessages(WithTriggersInPlace(before, after), after);
}

std::vector<FieldChange> DiffMessages(const Message& before, const Message& after) {
  const Leaves old(before);
  const Leaves wanted(after);
  std::vector<FieldChange> changes;
  for (const auto& [path, text] : wanted.list()) {
    const std::string* was = old.Find(path);
    if (was == nullptr) {
      changes.push_back({path, std::nullopt, text});
    } else if (*was != text) {
      changes.push_back({path, *was, text});
    }
  }
  for (const auto& [path, text] : old.list()) {
    const bool is_empty_slot = text == "{}" && path.ends_with(']');
    if (wanted.Find(path) == nullptr && !is_empty_slot) {
      changes.push_back({path, text, std::nullopt});
    }
  }
  return changes;
}

void KeepStored(const v1::Webhook& stored, v1::Webhook* wanted) {
  if (!wanted->has_enabled()) wanted->set_enabled(stored.enabled());
  std::set<int> used;
  const auto match = [&](bool exactly) {
    for (v1::Trigger& trigger : *wanted->mutable_triggers()) {
      if (trigger.notification_id() != 0) continue;
      for (const v1::Trigger& candidate : stored.triggers()) {
        const bool fits = exactly ? SameTrigger(candidate, trigger)
                                  : candidate.event_type() == trigger.event_type();
        if (!fits || !used.insert(candidate.notification_id()).second) continue;
        trigger.set_notification_id(candidate.notification_id());
        if (!trigger.has_enabled()) trigger.set_enabled(candidate.enabled());
        break;
      }
    }
  };
  match(true);
  match(false);
}

}  // namespace windrow::cli
