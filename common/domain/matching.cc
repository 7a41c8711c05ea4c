#include "common/domain/matching.h"

#include <utility>

namespace windrow::domain {

MatchTable::MatchTable(std::int64_t config_version, std::vector<ActiveWebhook> webhooks)
    : config_version_(config_version), webhooks_(std::move(webhooks)) {
  for (const ActiveWebhook& webhook : webhooks_) {
    for (const Trigger& trigger : webhook.triggers) {
      if (!trigger.enabled) continue;
      by_type_[trigger.event_type].push_back({&webhook, trigger.notification_id});
    }
  }
}

void MatchTable::Find(std::string_view event_type, std::vector<Match>* matches) const {
  const auto found = by_type_.find(event_type);
  if (found == by_type_.end()) return;
  matches->insert(matches->end(), found->second.begin(), found->second.end());
}

}  // namespace windrow::domain
