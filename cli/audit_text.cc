#include "cli/audit_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/apply_plan.h"
#include "cli/flag_types.h"
#include "cli/profile_diff.h"

namespace windrow::cli {
namespace {

using v1::AuditedResource;

constexpr std::size_t kMostNamed = 3;  // in a row

// The side that is there, of an entry that has one.
const AuditedResource& Known(const v1::AuditEntry& entry) {
  return entry.has_after() ? entry.after() : entry.before();
}

std::vector<FieldChange> ChangesOf(const v1::AuditEntry& entry) {
  const AuditedResource& before = entry.before();
  const AuditedResource& after = entry.after();
  switch (Known(entry).resource_case()) {
    case AuditedResource::kWebhook:
      return DiffWebhooks(before.webhook(), after.webhook());
    case AuditedResource::kEventType:
      return DiffMessages(before.event_type(), after.event_type());
    case AuditedResource::kCatalogueSettings:
      return DiffMessages(before.catalogue_settings(), after.catalogue_settings());
    case AuditedResource::kOperation:
      return DiffMessages(before.operation(), after.operation());
    case AuditedResource::kJson:
      return {{"json", entry.has_before() ? std::optional(before.json()) : std::nullopt,
               entry.has_after() ? std::optional(after.json()) : std::nullopt}};
    case AuditedResource::RESOURCE_NOT_SET:
      break;
  }
  return {};
}

// What it is called, or does, where that is not its id.
std::string NameOf(const AuditedResource& resource) {
  switch (resource.resource_case()) {
    case AuditedResource::kWebhook:
      return resource.webhook().name();
    case AuditedResource::kOperation:
      return resource.operation().filter();
    default:
      return "";
  }
}

// Of an update the fields that it changed, else what was made or deleted.
std::string DetailOf(const v1::AuditEntry& entry) {
  if (!entry.has_before() || !entry.has_after()) return NameOf(Known(entry));
  std::vector<std::string> fields;
  for (const FieldChange& change : ChangesOf(entry)) fields.push_back(change.field);
  fields.insert(fields.end(), entry.changed_secrets().begin(),
                entry.changed_secrets().end());
  if (fields.size() <= kMostNamed) return fmt::format("{}", fmt::join(fields, ", "));
  const std::size_t more = fields.size() - kMostNamed;
  fields.resize(kMostNamed);
  return fmt::format("{} and {} more", fmt::join(fields, ", "), more);
}

}  // namespace

std::vector<std::string> AuditHeader() {
  return {"ENTRY_ID", "AT", "ACTOR", "ACTION", "RESOURCE", "WHAT"};
}

std::vector<std::string> RowOf(const v1::AuditEntry& entry) {
  return {entry.entry_id(), TimeText(entry.at()), entry.actor(),
          entry.action(),   entry.resource(),     DetailOf(entry)};
}

Fields FieldsOf(const v1::AuditEntry& entry) {
  std::string changes;
  for (const FieldChange& change : ChangesOf(entry)) changes += ChangeText(change);
  std::string secrets;
  for (const std::string& path : entry.changed_secrets()) secrets += path + "\n";
  return {{"entry", entry.entry_id()},
          {"at", TimeText(entry.at())},
          {"actor", entry.actor()},
          {"action", entry.action()},
          {"resource", entry.resource()},
          {"name", NameOf(Known(entry))},
          {"reason", Known(entry).webhook().disable_reason()},
          {"changes", changes},
          {"changed secrets", secrets}};
}

}  // namespace windrow::cli
