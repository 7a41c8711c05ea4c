#include "common/domain/event_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <memory>
#include <set>

#include "common/domain/event.h"
#include "common/domain/event_document.h"
#include "common/domain/key_fields.h"
#include "common/domain/single_select.h"
#include "common/domain/text.h"
#include "common/domain/webhook.h"
#include "common/json/document.h"

namespace windrow::domain {
namespace {

constexpr BuiltInEventType kBuiltIn[] = {
    {"action.added", "ticket", "An action, such as a note or a call, was added"},
    {"ticket.closed", "ticket", "A ticket was closed"},
    {"ticket.created", "ticket", "A new ticket was logged"},
    {"ticket.reassigned", "ticket", "A ticket was given to another agent or team"},
    {"ticket.sla_breached", "ticket", "A ticket missed a target of its SLA"},
    {"ticket.updated", "ticket", "A ticket was changed"},
    {"windrow.webhook.disabled", "webhook", "Windrow disabled a webhook that failed"},
};

void CheckSingleSelects(const std::vector<std::string>& fields, const std::string& prefix,
                        Violations* violations) {
  if (fields.size() > kMaxSingleSelectFields) {
    violations->Add(prefix, fmt::format("has {} fields: at most {} are allowed",
                                        fields.size(), kMaxSingleSelectFields));
    return;
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string field = fmt::format("{}[{}]", prefix, i);
    if (fields[i].empty()) {
      violations->Add(field, "is empty: name a field of the object, such as status");
    } else if (const auto path = FieldPath::ParseInObject(fields[i]); !path.ok()) {
      violations->Add(field, std::string(path.status().message()));
    } else if (!seen.insert(fields[i]).second) {
      violations->Add(field, "stands here twice");
    }
  }
}

void CheckExample(const std::string& example, const std::string& field,
                  Violations* violations) {
  if (example.empty()) return;
  if (example.size() > kMaxExampleBytes) {
    violations->Add(field, fmt::format("has {} bytes: shorten it to at most {}",
                                       example.size(), kMaxExampleBytes));
    return;
  }
  const auto document = json::Document::ParseObject(example);
  if (!document.ok()) violations->Add(field, std::string(document.status().message()));
}

// What is known of the fields of one type's objects.
class KnownFields {
 public:
  explicit KnownFields(const EventTypeSpec& type)
      : has_example_(!type.example.empty()), example_({.object = type.example}, "") {
    // A path has one spelling.
    for (const std::string& field : type.single_select_fields) {
      single_selects_.insert("object." + field);
    }
  }

  FieldKind KindOf(const FieldPath& path) {
    if (single_selects_.contains(path.text())) return FieldKind::kSingleSelect;
    if (!has_example_ || path.root() != PathRoot::kObject) return FieldKind::kUnknown;
    const auto value = example_.Find(path);
    if (!value) return FieldKind::kUnknown;
    if (value->is_array()) return FieldKind::kMultiSelect;
    return AsSingleSelect(*value) ? FieldKind::kSingleSelect : FieldKind::kOther;
  }

 private:
  std::set<std::string> single_selects_;
  bool has_example_;
  EventDocument example_;
};

}  // namespace

void Validate(const EventTypeSpec& spec, const std::string& prefix,
              Violations* violations) {
  const auto path = [&](std::string_view field) {
    return fmt::format("{}.{}", prefix, field);
  };
  CheckText(spec.name,
            {.min = 1, .max = kMaxEventTypeCharacters, .unit = Unit::kCharacters},
            path("name"), violations);
  CheckText(spec.description,
            {.max = kMaxDescriptionCharacters, .unit = Unit::kCharacters},
            path("description"), violations);
  CheckObjectType(spec.object_type, path("object_type"), violations);
  CheckKeyFields(spec.key_fields, path("key_fields"), violations);
  CheckSingleSelects(spec.single_select_fields, path("single_select_fields"), violations);
  CheckExample(spec.example, path("example"), violations);
}

FieldKinds KindsOf(std::span<const EventTypeSpec> types) {
  auto known = std::make_shared<std::deque<KnownFields>>();
  for (const EventTypeSpec& type : types) known->emplace_back(type);
  return [known](const FieldPath& path) {
    FieldKind kind = FieldKind::kUnknown;
    for (KnownFields& type : *known) {
      const FieldKind here = type.KindOf(path);
      if (here == FieldKind::kSingleSelect) return here;
      if (here != FieldKind::kUnknown && kind != FieldKind::kMultiSelect) kind = here;
    }
    return kind;
  };
}

std::span<const BuiltInEventType> BuiltInEventTypes() { return kBuiltIn; }

bool IsOwnEventType(std::string_view name) {
  return name.starts_with("windrow.") &&
         std::ranges::find(kBuiltIn, name, &BuiltInEventType::name) != std::end(kBuiltIn);
}

}  // namespace windrow::domain
