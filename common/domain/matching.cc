#include "common/domain/matching.h"

#include <utility>

#include "common/domain/event_document.h"

namespace windrow::domain {

ActiveWebhook Activate(const Uuid& webhook_id, std::int32_t version, WebhookSpec spec) {
  const auto format = ItemFormat::Of(spec);
  return {.webhook_id = webhook_id,
          .version = version,
          .format = format.ok() ? *format : ItemFormat(PayloadKind::kEventOnly),
          .batching = spec.batching,
          .ordering = spec.ordering,
          .triggers = std::move(spec.triggers),
          .max_hops = spec.max_hops};
}

MatchTable::MatchTable(std::int64_t config_version, std::vector<ActiveWebhook> webhooks,
                       Catalogue catalogue)
    : config_version_(config_version),
      webhooks_(std::move(webhooks)),
      catalogue_(std::move(catalogue)) {
  for (const ActiveWebhook& webhook : webhooks_) {
    for (const Trigger& trigger : webhook.triggers) {
      if (!trigger.enabled) continue;
      Entry entry{.match = {&webhook, trigger.notification_id}};
      if (trigger.condition != ConditionSpec()) {
        auto compiled = CompiledCondition::Compile(trigger.condition);
        if (!compiled.ok()) {
          broken_.push_back(entry.match);
          continue;
        }
        entry.condition = *std::move(compiled);
      }
      by_type_[trigger.event_type].push_back(std::move(entry));
    }
  }
}

void MatchTable::Find(const EventView& event, std::string_view previous,
                      std::vector<Match>* matches) const {
  const auto found = by_type_.find(event.type);
  if (found == by_type_.end()) return;
  std::optional<EventDocument> document;
  for (const Entry& entry : found->second) {
    if (entry.condition) {
      if (!document) document.emplace(event, previous);
      if (!Evaluate(*entry.condition, &*document)) continue;
    }
    matches->push_back(entry.match);
  }
}

}  // namespace windrow::domain
