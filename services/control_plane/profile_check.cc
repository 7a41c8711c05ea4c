#include "services/control_plane/profile_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/domain/text.h"

namespace windrow::control_plane {
namespace {

// Each looks through the whole catalogue.
constexpr int kMostSuggestions = 10;

// Names that some type could have: others are refused as they are, and the database would
// refuse their bytes.
bool IsTypeName(const std::string& name) {
  Violations ignored;
  return domain::CheckText(name,
                           {.min = 1,
                            .max = domain::kMaxEventTypeCharacters,
                            .unit = domain::Unit::kCharacters},
                           "", &ignored);
}

std::vector<std::string> TypesOf(const domain::WebhookSpec& spec) {
  std::set<std::string> types;
  const std::size_t count = std::min(spec.triggers.size(), domain::kMaxTriggers);
  for (std::size_t i = 0; i < count; ++i) {
    if (IsTypeName(spec.triggers[i].event_type)) {
      types.insert(spec.triggers[i].event_type);
    }
  }
  return {types.begin(), types.end()};
}

bool HasTriggerFor(const domain::WebhookSpec& spec, const std::string& type) {
  return std::ranges::any_of(spec.triggers, [&](const domain::Trigger& trigger) {
    return trigger.event_type == type;
  });
}

// Says the nearest known name, the first few times.
class Suggestions {
 public:
  Suggestions(store::EventTypeStore& event_types, store::TenantId tenant)
      : event_types_(event_types), tenant_(tenant) {}

  absl::StatusOr<std::optional<std::string>> NearestTo(const std::string& type) {
    if (left_-- <= 0) return std::nullopt;
    if (!catalogue_) {
      WINDROW_ASSIGN_OR_RETURN(catalogue_, event_types_.LoadCatalogue(tenant_));
    }
    return catalogue_->Nearest(type);
  }

 private:
  store::EventTypeStore& event_types_;
  const store::TenantId tenant_;
  std::optional<domain::Catalogue> catalogue_;
  int left_ = kMostSuggestions;
};

absl::Status RefuseUnknown(store::EventTypeStore& event_types, store::TenantId tenant,
                           const std::vector<domain::EventTypeSpec>& known,
                           const domain::WebhookSpec* stored,
                           const domain::WebhookSpec& spec, Violations* violations) {
  Suggestions suggestions(event_types, tenant);
  const std::size_t count = std::min(spec.triggers.size(), domain::kMaxTriggers);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& type = spec.triggers[i].event_type;
    const bool is_known = std::ranges::any_of(
        known, [&](const domain::EventTypeSpec& one) { return one.name == type; });
    if (is_known || !IsTypeName(type)) continue;
    if (stored != nullptr && HasTriggerFor(*stored, type)) continue;
    WINDROW_ASSIGN_OR_RETURN(const auto nearest, suggestions.NearestTo(type));
    violations->Add(fmt::format("webhook.triggers[{}].event_type", i),
                    domain::UnknownTypeRule(type, nearest));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckWithCatalogue(store::EventTypeStore& event_types,
                                store::TenantId tenant, const domain::WebhookSpec* stored,
                                Profile* profile, Violations* violations) {
  WINDROW_ASSIGN_OR_RETURN(const auto found,
                           event_types.FindEventTypes(tenant, TypesOf(profile->spec)));
  std::vector<domain::EventTypeSpec> known;
  known.reserve(found.size());
  for (const store::StoredEventType& type : found) known.push_back(type.spec);
  CheckProfile(profile, violations, domain::KindsOf(known));
  WINDROW_ASSIGN_OR_RETURN(const domain::UnknownTypes unknown,
                           event_types.GetUnknownTypes(tenant));
  if (unknown != domain::UnknownTypes::kRefuse) return absl::OkStatus();
  return RefuseUnknown(event_types, tenant, known, stored, profile->spec, violations);
}

}  // namespace windrow::control_plane
