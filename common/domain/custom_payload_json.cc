#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "common/domain/custom_payload.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

void AppendField(const CustomField& field, std::string* out) {
  out->append("{\"key\":");
  json::AppendString(field.key, out);
  out->append(",\"source\":");
  json::AppendString(field.source, out);
  if (field.send_id) out->append(",\"send_id\":true");
  out->push_back('}');
}

absl::Status Unreadable(std::string_view what) {
  return absl::DataLossError(
      fmt::format("stored custom payload: {}; it may come from a newer release", what));
}

absl::Status ReadText(const json::Value& value, std::string* out) {
  if (value.type() != json::Type::kString) return Unreadable("a text is wanted");
  *out = value.text();
  return absl::OkStatus();
}

absl::Status ReadField(const json::Value& value, CustomField* out) {
  if (!value.is_object()) return Unreadable("an object is wanted");
  for (auto member = value.first_child(); member; member = member->next()) {
    const std::string key = member->key();
    if (key == "key") {
      WINDROW_RETURN_IF_ERROR(ReadText(*member, &out->key));
    } else if (key == "source") {
      WINDROW_RETURN_IF_ERROR(ReadText(*member, &out->source));
    } else if (key == "send_id" && member->type() == json::Type::kBool) {
      out->send_id = member->raw() == "true";
    } else {
      return Unreadable(fmt::format("the field \"{}\" is not known", key));
    }
  }
  return absl::OkStatus();
}

}  // namespace

void AppendJson(const CustomPayloadSpec& spec, std::string* out) {
  std::string_view separator = "";
  out->push_back('{');
  if (!spec.fields.empty()) {
    out->append("\"fields\":[");
    for (const CustomField& field : spec.fields) {
      out->append(std::exchange(separator, ","));
      AppendField(field, out);
    }
    out->push_back(']');
  }
  if (!spec.json_template.empty()) {
    out->append(separator).append("\"template\":");
    json::AppendString(spec.json_template, out);
  }
  out->push_back('}');
}

absl::StatusOr<CustomPayloadSpec> CustomPayloadFromJson(const json::Value& value) {
  if (!value.is_object()) return Unreadable("an object is wanted");
  CustomPayloadSpec spec;
  for (auto member = value.first_child(); member; member = member->next()) {
    const std::string key = member->key();
    if (key == "template") {
      WINDROW_RETURN_IF_ERROR(ReadText(*member, &spec.json_template));
    } else if (key == "fields" && member->is_array()) {
      for (auto field = member->first_child(); field; field = field->next()) {
        WINDROW_RETURN_IF_ERROR(ReadField(*field, &spec.fields.emplace_back()));
      }
    } else {
      return Unreadable(fmt::format("the field \"{}\" is not known", key));
    }
  }
  return spec;
}

}  // namespace windrow::domain
