#include "cli/profile_export.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cli/condition_yaml.h"
#include "cli/flag_types.h"
#include "cli/profile_fields.h"
#include "cli/proto_json.h"
#include "cli/yaml_text.h"

namespace windrow::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

class Writer {
 public:
  Writer(const std::string& name, const ExportOptions& options)
      : name_(name), options_(options) {}

  // The members, the first where the cursor is and each other behind `indent`. "{}" where
  // there is none.
  std::string Members(const Message& message, const std::string& path,
                      const std::string& indent) {
    std::string out;
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message.GetDescriptor()->field(i);
      const std::string inner = path.empty() ? field->name() : path + "." + field->name();
      const std::string value = Member(message, field, inner, indent);
      if (value.empty()) continue;
      out +=
          fmt::format("{}{}:{}", out.empty() ? "" : "\n" + indent, field->name(), value);
    }
    return out.empty() ? "{}" : out;
  }

 private:
  // What follows "name:"; empty where the field is left out.
  std::string Member(const Message& message, const FieldDescriptor* field,
                     const std::string& path, const std::string& indent) {
    const Reflection* reflection = message.GetReflection();
    if (IsOutputOnly(field)) return "";
    if (IsWriteOnly(field)) {
      if (!options_.secrets_from_env || !HasWriteOnly(message, field)) return "";
      return fmt::format(" {{env: {}}}", SecretVariable(name_, path));
    }
    if (field->is_map()) return Map(message, field, indent);
    if (field->is_repeated()) return List(message, field, path, indent);
    if (!reflection->HasField(message, field)) return "";
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return Nested(reflection->GetMessage(message, field), path, indent);
    }
    return " " + Scalar(message, field, indent + "  ");
  }

  std::string Nested(const Message& message, const std::string& path,
                     const std::string& indent) {
    const std::string deeper = indent + "  ";
    if (message.GetDescriptor() == google::protobuf::Duration::descriptor()) {
      return " " + DurationText(static_cast<const google::protobuf::Duration&>(message));
    }
    if (message.GetDescriptor() == v1::Condition::descriptor()) {
      return fmt::format(
          "\n{}{}", deeper,
          ConditionToYaml(static_cast<const v1::Condition&>(message), deeper));
    }
    const std::string members = Members(message, path, deeper);
    return members == "{}" ? " {}" : "\n" + deeper + members;
  }

  std::string List(const Message& message, const FieldDescriptor* field,
                   const std::string& path, const std::string& indent) {
    const Reflection* reflection = message.GetReflection();
    const int size = reflection->FieldSize(message, field);
    if (size == 0) return "";
    std::string out;
    const bool durations =
        field->message_type() == google::protobuf::Duration::descriptor();
    const bool enums = field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
    for (int i = 0; i < size; ++i) {
      if (durations || enums) {
        out += fmt::format(
            "{}{}", i == 0 ? " [" : ", ",
            enums ? EnumText(reflection->GetRepeatedEnum(message, field, i))
                  : DurationText(static_cast<const google::protobuf::Duration&>(
                        reflection->GetRepeatedMessage(message, field, i))));
        continue;
      }
      const std::string entry =
          field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE
              ? Members(reflection->GetRepeatedMessage(message, field, i), path,
                        indent + "    ")
              : YamlText(reflection->GetRepeatedString(message, field, i));
      out += fmt::format("\n{}  - {}", indent, entry);
    }
    return durations || enums ? out + "]" : out;
  }

  // Sorted by their keys, so that the same webhook gives the same text.
  std::string Map(const Message& message, const FieldDescriptor* field,
                  const std::string& indent) {
    std::map<std::string, std::string> entries;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
      const Message& entry =
          message.GetReflection()->GetRepeatedMessage(message, field, i);
      const Reflection* reflection = entry.GetReflection();
      entries[reflection->GetString(entry, entry.GetDescriptor()->map_key())] =
          reflection->GetString(entry, entry.GetDescriptor()->map_value());
    }
    std::string out;
    for (const auto& [key, value] : entries) {
      out += fmt::format("\n{}  {}: {}", indent, YamlFlowText(key), YamlText(value));
    }
    return out;
  }

  static std::string Scalar(const Message& message, const FieldDescriptor* field,
                            const std::string& indent) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      return YamlBlockText(message.GetReflection()->GetString(message, field), indent);
    }
    return PlainText(message, field).value_or("{}");
  }

  const std::string& name_;
  const ExportOptions& options_;
};

}  // namespace

std::string SecretVariable(const std::string& webhook_name, const std::string& field) {
  std::string name;
  for (const char c : webhook_name + "_" + field) {
    const bool known = absl::ascii_isalnum(static_cast<unsigned char>(c)) != 0;
    if (known || (!name.empty() && name.back() != '_')) {
      name += known ? absl::ascii_toupper(static_cast<unsigned char>(c)) : '_';
    }
  }
  if (name.empty() || absl::ascii_isdigit(static_cast<unsigned char>(name[0]))) {
    name.insert(0, "WEBHOOK_");
  }
  return name;
}

std::string ProfileToYaml(const v1::Webhook& webhook, const ExportOptions& options) {
  std::string out;
  if (!options.secrets_from_env) {
    out +=
        "# Secrets are write-only, so they are not in here; the stored ones stay. This "
        "gives them:\n";
    for (const std::string& path : WriteOnlyPaths(webhook)) {
      out += fmt::format("#   {}: {{env: {}}}\n", path,
                         SecretVariable(webhook.name(), path));
    }
  }
  return out + Writer(webhook.name(), options).Members(webhook, "", "") + "\n";
}

}  // namespace windrow::cli
