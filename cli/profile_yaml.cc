#include "cli/profile_yaml.h"

#include <absl/strings/numbers.h>
#include <absl/time/time.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <utility>

#include "cli/condition_yaml.h"
#include "cli/flag_types.h"
#include "cli/profile_fields.h"
#include "cli/proto_json.h"
#include "cli/yaml_faults.h"
#include "common/base/settings.h"
#include "common/base/status.h"
#include "common/domain/case_fold.h"

namespace windrow::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Kind = YamlNode::Kind;

constexpr char kStringTag[] = "tag:yaml.org,2002:str";

std::vector<std::string> FieldNames(const Descriptor* type) {
  std::vector<std::string> names;
  for (int i = 0; i < type->field_count(); ++i) {
    if (!IsOutputOnly(type->field(i))) names.push_back(type->field(i)->name());
  }
  return names;
}

std::string EnumNames(const FieldDescriptor* field) {
  std::vector<std::string> names;
  for (int i = 0; i < field->enum_type()->value_count(); ++i) {
    const std::string text = EnumText(field->enum_type()->value(i));
    if (!text.empty()) names.push_back(text);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

const EnumValueDescriptor* FindEnum(const FieldDescriptor* field,
                                    const std::string& text) {
  for (int i = 0; i < field->enum_type()->value_count(); ++i) {
    const EnumValueDescriptor* value = field->enum_type()->value(i);
    const std::string shown = EnumText(value);
    if (!shown.empty() && (text == shown || text == value->name())) return value;
  }
  return nullptr;
}

// One document into one message, by the message's own description.
class Reader {
 public:
  Reader(const SecretSources& sources, std::vector<GivenSecret>* secrets,
         YamlFaults* faults)
      : sources_(sources), secrets_(*secrets), faults_(*faults) {}

  void ReadMessage(const YamlNode& node, const std::string& path, Message* out) {
    if (out->GetDescriptor() == v1::Condition::descriptor()) {
      return ReadCondition(node, path, static_cast<v1::Condition*>(out), &faults_);
    }
    if (out->GetDescriptor() == google::protobuf::Duration::descriptor()) {
      return ReadDuration(node, path, static_cast<google::protobuf::Duration*>(out));
    }
    if (node.kind != Kind::kMap) {
      return faults_.Add(node.place, path,
                         fmt::format("must be a map with {}, not {}",
                                     fmt::join(FieldNames(out->GetDescriptor()), ", "),
                                     node.KindText()));
    }
    for (const auto& [key, value] : node.map) {
      if (!faults_.full()) ReadMember(key, value, path, out);
    }
  }

 private:
  void ReadMember(const YamlNode& key, const YamlNode& value, const std::string& parent,
                  Message* out) {
    const std::string path = parent.empty() ? key.text : parent + "." + key.text;
    const FieldDescriptor* field = out->GetDescriptor()->FindFieldByName(key.text);
    if (field == nullptr) {
      const std::vector<std::string> known = FieldNames(out->GetDescriptor());
      const std::string near = config::Suggestion(key.text, known);
      return faults_.Add(
          key.place, path,
          near.empty() ? fmt::format("is no field: there are {}", fmt::join(known, ", "))
                       : "is no field" + near);
    }
    if (IsOutputOnly(field)) {
      return faults_.Add(key.place, path, "is set by Windrow alone: leave it out");
    }
    if (value.kind == Kind::kNull) {
      return faults_.Add(key.place, path,
                         "has no value: give one, or leave the field out");
    }
    if (IsWriteOnly(field)) return ReadSecret(value, path, field, out);
    if (field->is_map()) return ReadMap(value, path, field, out);
    if (field->is_repeated()) return ReadList(value, path, field, out);
    ReadValue(value, path, field, out);
  }

  void ReadList(const YamlNode& node, const std::string& path,
                const FieldDescriptor* field, Message* out) {
    if (node.kind != Kind::kList) {
      return faults_.Add(node.place, path,
                         fmt::format("must be a list, not {}: begin each entry with `- `",
                                     node.KindText()));
    }
    for (std::size_t i = 0; i < node.list.size() && !faults_.full(); ++i) {
      ReadValue(node.list[i], fmt::format("{}[{}]", path, i), field, out);
    }
  }

  // Maps of texts: labels.
  void ReadMap(const YamlNode& node, const std::string& path,
               const FieldDescriptor* field, Message* out) {
    if (node.kind != Kind::kMap) {
      return faults_.Add(
          node.place, path,
          fmt::format("must be a map, key: value, not {}", node.KindText()));
    }
    for (const auto& [key, value] : node.map) {
      if (faults_.full()) return;
      std::string text;
      if (!ReadText(value, path + "." + key.text, &text)) continue;
      Message* entry = out->GetReflection()->AddMessage(out, field);
      const Descriptor* type = entry->GetDescriptor();
      entry->GetReflection()->SetString(entry, type->map_key(), key.text);
      entry->GetReflection()->SetString(entry, type->map_value(), std::move(text));
    }
  }

  // Adds to a repeated field, sets another.
  void ReadValue(const YamlNode& node, const std::string& path,
                 const FieldDescriptor* field, Message* out) {
    const Reflection* reflection = out->GetReflection();
    const bool adds = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return ReadMessage(node, path,
                           adds ? reflection->AddMessage(out, field)
                                : reflection->MutableMessage(out, field));
      case FieldDescriptor::CPPTYPE_STRING: {
        std::string text;
        if (!ReadText(node, path, &text)) return;
        return adds ? reflection->AddString(out, field, std::move(text))
                    : reflection->SetString(out, field, std::move(text));
      }
      case FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum(node, path, field, out);
      case FieldDescriptor::CPPTYPE_BOOL:
        return ReadBool(node, path, field, out);
      case FieldDescriptor::CPPTYPE_INT32:
        return ReadNumber<std::int32_t>(node, path, field, out, &Reflection::SetInt32);
      case FieldDescriptor::CPPTYPE_INT64:
        return ReadNumber<std::int64_t>(node, path, field, out, &Reflection::SetInt64);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return ReadDouble(node, path, field, out);
      default:
        faults_.Add(node.place, path, "cannot be given in a file: use `webhook update`");
    }
  }

  // A text field takes what is written, also where it looks like a number: 1.10 is
  // "1.10".
  bool ReadText(const YamlNode& node, const std::string& path, std::string* text) {
    if (node.kind != Kind::kScalar) {
      faults_.Add(node.place, path,
                  fmt::format("must be a text, not {}", node.KindText()));
      return false;
    }
    if (!node.tag.empty() && node.tag != kStringTag) {
      faults_.Add(node.place, path, "has a tag that is not taken: leave it out");
      return false;
    }
    *text = node.text;
    return true;
  }

  void ReadEnum(const YamlNode& node, const std::string& path,
                const FieldDescriptor* field, Message* out) {
    const EnumValueDescriptor* value =
        node.kind == Kind::kScalar ? FindEnum(field, node.text) : nullptr;
    if (value != nullptr) {
      return field->is_repeated() ? out->GetReflection()->AddEnum(out, field, value)
                                  : out->GetReflection()->SetEnum(out, field, value);
    }
    faults_.Add(node.place, path, fmt::format("must be one of {}", EnumNames(field)));
  }

  void ReadBool(const YamlNode& node, const std::string& path,
                const FieldDescriptor* field, Message* out) {
    const bool is_bool = node.plain && (node.text == "true" || node.text == "false");
    if (is_bool) return out->GetReflection()->SetBool(out, field, node.text == "true");
    faults_.Add(node.place, path, "must be true or false, without quotes");
  }

  template <typename Number>
  void ReadNumber(const YamlNode& node, const std::string& path,
                  const FieldDescriptor* field, Message* out,
                  void (Reflection::*set)(Message*, const FieldDescriptor*, Number)
                      const) {
    Number number = 0;
    // SimpleAtoi would take white space and a plus too.
    const bool written_well =
        node.plain && node.text.find_first_not_of("-0123456789") == std::string::npos;
    if (written_well && absl::SimpleAtoi(node.text, &number)) {
      return (out->GetReflection()->*set)(out, field, number);
    }
    faults_.Add(node.place, path,
                fmt::format("must be a whole number without quotes, such as 100, of at "
                            "most {} bits",
                            8 * sizeof(Number)));
  }

  void ReadDouble(const YamlNode& node, const std::string& path,
                  const FieldDescriptor* field, Message* out) {
    double number = 0;
    if (node.plain && absl::SimpleAtod(node.text, &number)) {
      return out->GetReflection()->SetDouble(out, field, number);
    }
    faults_.Add(node.place, path, "must be a number without quotes, such as 2.5");
  }

  void ReadDuration(const YamlNode& node, const std::string& path,
                    google::protobuf::Duration* out) {
    absl::Duration duration;
    if (node.kind == Kind::kScalar && absl::ParseDuration(node.text, &duration) &&
        duration != absl::InfiniteDuration() && duration != -absl::InfiniteDuration()) {
      *out = ToProto(duration);
      return;
    }
    faults_.Add(node.place, path,
                "must be a duration with its unit, such as 30s or 1m30s");
  }

  // Nothing of a secret goes into a fault.
  void ReadSecret(const YamlNode& node, const std::string& path,
                  const FieldDescriptor* field, Message* out) {
    std::string secret;
    std::string source = "in the file";
    if (node.kind == Kind::kScalar) {
      secret = node.text;
    } else if (node.kind == Kind::kMap && node.map.size() == 1 &&
               node.map[0].second.kind == Kind::kScalar) {
      source = node.map[0].first.text + " " + node.map[0].second.text;
      if (!LookUp(node.map[0].first, node.map[0].second, path, &secret)) return;
    } else {
      return faults_.Add(node.place, path, kSecretShape);
    }
    // A PEM text has many lines; what else is kept in files ends at the first one.
    const bool is_pem = field->containing_type() == v1::ClientCertificate::descriptor();
    if (!is_pem) secret = secret.substr(0, secret.find_first_of("\r\n"));
    if (secret.empty()) {
      return faults_.Add(node.place, path,
                         "is empty: give a secret, or leave the field out to keep the "
                         "stored one");
    }
    secrets_.push_back({path, source});
    out->GetReflection()->SetString(out, field, std::move(secret));
  }

  bool LookUp(const YamlNode& key, const YamlNode& value, const std::string& path,
              std::string* secret) {
    if (key.text == "env") {
      std::optional<std::string> found = sources_.env(value.text);
      if (!found) {
        faults_.Add(
            value.place, path,
            fmt::format("there is no environment variable {}: export it", value.text));
        return false;
      }
      *secret = *std::move(found);
      return true;
    }
    if (key.text == "file") {
      absl::StatusOr<std::string> found = sources_.file(value.text);
      if (!found.ok()) {
        faults_.Add(value.place, path, std::string(found.status().message()));
        return false;
      }
      *secret = *std::move(found);
      return true;
    }
    faults_.Add(key.place, path, kSecretShape);
    return false;
  }

  static constexpr char kSecretShape[] =
      "must be {env: NAME}, {file: PATH}, or the secret's text";

  const SecretSources& sources_;
  std::vector<GivenSecret>& secrets_;
  YamlFaults& faults_;
};

// A name says which webhook a document means.
void CheckNames(const std::vector<ProfileDocument>& documents, YamlFaults* faults) {
  std::map<std::string, YamlPlace> seen;
  for (const ProfileDocument& document : documents) {
    if (document.webhook.name().empty()) {
      faults->Add(document.place, "name",
                  "is missing: it says which webhook is meant, or names a new one");
      continue;
    }
    const auto [known, is_new] =
        seen.emplace(domain::Folded(document.webhook.name()), document.place);
    if (is_new) continue;
    faults->Add(document.place, "name",
                fmt::format("is that of the document at line {} too: keep one",
                            known->second.line));
  }
}

}  // namespace

absl::StatusOr<std::vector<ProfileDocument>> ReadProfiles(std::string_view text,
                                                          std::string_view file,
                                                          const SecretSources& sources) {
  WINDROW_ASSIGN_OR_RETURN(const std::vector<YamlNode> nodes, ReadYaml(text, file));
  YamlFaults faults(file);
  std::vector<ProfileDocument> documents(nodes.size());
  for (std::size_t i = 0; i < nodes.size() && !faults.full(); ++i) {
    documents[i].place = nodes[i].place;
    Reader(sources, &documents[i].secrets, &faults)
        .ReadMessage(nodes[i], "", &documents[i].webhook);
  }
  if (documents.empty()) {
    faults.Add({}, "", "holds no webhook: begin with `name: …`");
  }
  WINDROW_RETURN_IF_ERROR(faults.ToStatus());
  CheckNames(documents, &faults);
  WINDROW_RETURN_IF_ERROR(faults.ToStatus());
  return documents;
}

absl::StatusOr<v1::Condition> ReadConditionYaml(std::string_view text,
                                                std::string_view file) {
  WINDROW_ASSIGN_OR_RETURN(const std::vector<YamlNode> nodes, ReadYaml(text, file));
  YamlFaults faults(file);
  v1::Condition condition;
  if (nodes.size() == 1) {
    ReadCondition(nodes[0], "condition", &condition, &faults);
  } else {
    faults.Add({}, "condition", "must be one document with one condition");
  }
  WINDROW_RETURN_IF_ERROR(faults.ToStatus());
  return condition;
}

}  // namespace windrow::cli
