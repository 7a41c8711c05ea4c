// Which triggers want an event.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/uuid.h"
#include "common/domain/webhook.h"

namespace windrow::domain {

// What matching and windowing need of a saved webhook.
struct ActiveWebhook {
  Uuid webhook_id;
  std::int32_t version = 0;
  PayloadKind payload = PayloadKind::kFull;
  Batching batching;
  std::vector<Trigger> triggers;
};

// One trigger that matched.
struct Match {
  const ActiveWebhook* webhook;
  std::int32_t notification_id;
};

// The enabled webhooks of one tenant at one config version, indexed by event type.
// Immutable, shared between threads.
class MatchTable {
 public:
  MatchTable(std::int64_t config_version, std::vector<ActiveWebhook> webhooks);
  // Matches point into the table: it may move, and is not copied.
  MatchTable(MatchTable&&) = default;
  MatchTable& operator=(MatchTable&&) = default;

  std::int64_t config_version() const { return config_version_; }
  // Appends the matches of an event of this type, in order of webhook and trigger.
  void Find(std::string_view event_type, std::vector<Match>* matches) const;

 private:
  // Looks up by view, without a std::string for each event.
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::int64_t config_version_;
  std::vector<ActiveWebhook> webhooks_;
  std::unordered_map<std::string, std::vector<Match>, TextHash, std::equal_to<>> by_type_;
};

}  // namespace windrow::domain
