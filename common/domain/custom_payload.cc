#include "common/domain/custom_payload.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "common/domain/event_document.h"
#include "common/domain/payload.h"
#include "common/domain/single_select.h"
#include "common/domain/text.h"

namespace windrow::domain {
namespace {

// True where the key may stand in the item; `taken` holds those before it.
bool CheckKey(const std::string& key, const std::string& field,
              std::set<std::string>* taken, Violations* violations) {
  if (std::ranges::find(kEnvelopeKeys, key) != std::end(kEnvelopeKeys)) {
    violations->Add(field, fmt::format("\"{}\" is a key of the envelope: choose another "
                                       "name",
                                       key));
    return false;
  }
  if (!taken->insert(key).second) {
    violations->Add(field, fmt::format("\"{}\" is used twice", key));
    return false;
  }
  return true;
}

void CheckFields(const std::vector<CustomField>& fields, const std::string& prefix,
                 const FieldKinds& kinds, Violations* violations) {
  if (fields.size() > kMaxCustomFields) {
    violations->Add(prefix, fmt::format("has {} fields: a payload has at most {}",
                                        fields.size(), kMaxCustomFields));
    return;
  }
  std::set<std::string> taken;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string field = fmt::format("{}[{}]", prefix, i);
    if (CheckText(fields[i].key, {.min = 1, .max = kMaxCustomKeyBytes}, field + ".key",
                  violations)) {
      CheckKey(fields[i].key, field + ".key", &taken, violations);
    }
    const absl::StatusOr<FieldPath> path = FieldPath::Parse(fields[i].source);
    if (!path.ok()) {
      violations->Add(field + ".source", std::string(path.status().message()));
    } else if (fields[i].send_id && kinds && kinds(*path) == FieldKind::kMultiSelect) {
      violations->Add(field + ".send_id",
                      "is for single-selects only, and this field holds several values");
    }
  }
}

void CheckTemplate(const std::string& text, const std::string& field,
                   Violations* violations) {
  const absl::StatusOr<JsonTemplate> compiled = JsonTemplate::Compile(text);
  if (!compiled.ok()) {
    violations->Add(field, std::string(compiled.status().message()));
    return;
  }
  std::set<std::string> taken;
  for (const std::string& key : compiled->keys()) {
    CheckKey(key, field, &taken, violations);
  }
}

}  // namespace

struct CompiledCustomPayload::Content {
  struct Row {
    std::string lead;  // ,"key":
    FieldPath source;
    bool send_id;
  };

  std::vector<Row> rows;
  std::unique_ptr<const JsonTemplate> json_template;
};

namespace {

std::string_view ValueOf(const FieldPath& source, bool send_id, EventDocument* event) {
  const std::optional<json::Value> value = event->Find(source);
  if (!value) return "null";
  const std::optional<SingleSelect> select = AsSingleSelect(*value);
  if (!select) return value->raw();
  return send_id ? select->id.raw() : select->name.raw();
}

absl::Status TooLarge() {
  return absl::ResourceExhaustedError(fmt::format(
      "with this event the custom payload has more than {} bytes", kMaxRenderedBytes));
}

}  // namespace

void Validate(const CustomPayloadSpec& spec, const std::string& prefix,
              const FieldKinds& kinds, Violations* violations) {
  if (spec.fields.empty() && spec.json_template.empty()) {
    violations->Add(prefix, "needs fields or a template");
  }
  if (!spec.fields.empty() && !spec.json_template.empty()) {
    violations->Add(prefix, "takes fields or a template, not both");
  }
  CheckFields(spec.fields, prefix + ".fields", kinds, violations);
  if (!spec.json_template.empty()) {
    CheckTemplate(spec.json_template, prefix + ".template", violations);
  }
}

CompiledCustomPayload::CompiledCustomPayload(std::shared_ptr<const Content> content)
    : content_(std::move(content)) {}

absl::StatusOr<CompiledCustomPayload> CompiledCustomPayload::Compile(
    const CustomPayloadSpec& spec) {
  Violations violations;
  Validate(spec, "custom_payload", FieldKinds(), &violations);
  if (!violations.empty()) return violations.ToStatus();
  auto content = std::make_shared<Content>();
  for (const CustomField& field : spec.fields) {
    std::string lead = ",";
    json::AppendString(field.key, &lead);
    lead.push_back(':');
    content->rows.push_back({.lead = std::move(lead),
                             .source = *FieldPath::Parse(field.source),
                             .send_id = field.send_id});
  }
  if (!spec.json_template.empty()) {
    content->json_template =
        std::make_unique<const JsonTemplate>(*JsonTemplate::Compile(spec.json_template));
  }
  return CompiledCustomPayload(std::move(content));
}

absl::Status CompiledCustomPayload::AppendMembers(EventDocument* event,
                                                  std::string* out) const {
  const std::size_t start = out->size();
  for (const Content::Row& row : content_->rows) {
    out->append(row.lead).append(ValueOf(row.source, row.send_id, event));
    if (out->size() - start > kMaxRenderedBytes) {
      out->resize(start);
      return TooLarge();
    }
  }
  if (!content_->json_template || content_->json_template->keys().empty()) {
    return absl::OkStatus();
  }
  out->push_back(',');
  absl::Status status = content_->json_template->AppendMembers(event, out);
  if (!status.ok()) out->resize(start);
  return status;
}

std::size_t CompiledCustomPayload::MemberBytes(EventDocument* event) const {
  std::size_t bytes = 0;
  for (const Content::Row& row : content_->rows) {
    bytes += row.lead.size() + ValueOf(row.source, row.send_id, event).size();
  }
  if (!content_->json_template || content_->json_template->keys().empty()) return bytes;
  return bytes + 1 + content_->json_template->MemberBytes(event);
}

}  // namespace windrow::domain
