#include "services/control_plane/match_tables.h"

#include <fmt/format.h>

#include "common/base/log.h"
#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

absl::Status RefusedType(std::string rule, std::string_view reason) {
  Violations violations;
  violations.Add("event.type", std::move(rule));
  return WithReason(violations.ToStatus(), reason);
}

}  // namespace

TenantTable::Verdict TenantTable::Look(const std::string& type,
                                       const domain::KnownType** known) const {
  const domain::Catalogue& catalogue = matches_->catalogue();
  *known = catalogue.Find(type);
  if (*known != nullptr && (*known)->seen) return Verdict::kKnown;
  if (learned_.contains(type)) return Verdict::kKnown;
  if (*known != nullptr) return Verdict::kNew;  // a trigger announced it
  const bool refused = catalogue.unknown() == domain::UnknownTypes::kRefuse;
  return refused || full_ ? Verdict::kRefused : Verdict::kNew;
}

void TenantTable::AddLearned(const std::vector<store::SeenEventType>& asked,
                             const std::vector<std::string>& known) {
  learned_.insert(known.begin(), known.end());
  for (const store::SeenEventType& type : asked) {
    if (!learned_.contains(type.name)) full_ = true;
  }
}

absl::Status TenantTable::Refusal(const std::string& type) {
  const domain::Catalogue& catalogue = matches_->catalogue();
  if (catalogue.unknown() != domain::UnknownTypes::kRefuse) {
    return RefusedType(
        fmt::format(
            "\"{}\" is new to the catalogue, which has learned {} event types, the "
            "most that it may: create it, or delete some",
            type, domain::kMaxLearnedEventTypes),
        "TOO_MANY_EVENT_TYPES");
  }
  std::optional<std::string> nearest;
  if (const auto found = nearest_.find(type); found != nearest_.end()) {
    nearest = found->second;
  } else if (nearest_.size() < kMostNearest) {
    nearest = catalogue.Nearest(type);
    nearest_.emplace(type, nearest);
  }
  return RefusedType(domain::UnknownTypeRule(type, nearest), "EVENT_TYPE_UNKNOWN");
}

absl::StatusOr<MatchTables::Table> MatchTables::Get(store::TenantId tenant) {
  Table& table = tables_[tenant];
  if (table != nullptr) return table;
  auto loaded = webhooks_.LoadMatchTable(tenant);
  if (!loaded.ok()) {
    tables_.erase(tenant);
    return std::move(loaded).status();
  }
  for (const domain::Match& broken : (*loaded)->broken()) {
    Log(LogLevel::kError, "condition_does_not_compile",
        {{"webhook_id", broken.webhook->webhook_id.ToString()},
         {"notification_id", broken.notification_id}});
  }
  table = std::make_shared<TenantTable>(*std::move(loaded));
  return table;
}

}  // namespace windrow::control_plane
