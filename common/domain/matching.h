// Which triggers want an event.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/uuid.h"
#include "common/domain/catalogue.h"
#include "common/domain/condition.h"
#include "common/domain/payload.h"
#include "common/domain/webhook.h"

namespace windrow::domain {

// What matching and windowing need of a saved webhook.
struct ActiveWebhook {
  Uuid webhook_id;
  std::int32_t version = 0;
  ItemFormat format = PayloadKind::kFull;
  Batching batching;
  Ordering ordering = Ordering::kNone;
  std::vector<Trigger> triggers;
  int max_hops = kDefaultMaxHops;
};

// Of a saved webhook's spec. Where its custom payload does not compile, which is checked
// when it is saved, its items are sized as EVENT_ONLY; the worker tells why it cannot
// send.
ActiveWebhook Activate(const Uuid& webhook_id, std::int32_t version, WebhookSpec spec);

// One trigger that matched.
struct Match {
  const ActiveWebhook* webhook;
  std::int32_t notification_id;
};

// The enabled webhooks of one tenant at one config version, indexed by event type, and
// the tenant's catalogue of types. Immutable, shared between threads. Movable, not
// copyable: matches point into it.
class MatchTable {
 public:
  MatchTable(std::int64_t config_version, std::vector<ActiveWebhook> webhooks,
             Catalogue catalogue = {});
  MatchTable(MatchTable&&) = default;
  MatchTable& operator=(MatchTable&&) = default;

  std::int64_t config_version() const { return config_version_; }
  // May know more types than there were at that version.
  const Catalogue& catalogue() const { return catalogue_; }
  // Appends the matches of an event with the object before the change (`previous`, a JSON
  // object or empty), in order of webhook and trigger. The event's JSON is parsed only
  // where a condition looks at it, and once.
  void Find(const EventView& event, std::string_view previous,
            std::vector<Match>* matches) const;
  // Triggers whose stored condition does not compile; they match nothing. Conditions are
  // checked when they are saved, so there are none, or it is a fault to be told of.
  const std::vector<Match>& broken() const { return broken_; }

 private:
  struct Entry {
    Match match;
    std::optional<CompiledCondition> condition;  // none: every event
  };
  // Looked up by views, without a copy of the type.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::int64_t config_version_;
  std::vector<ActiveWebhook> webhooks_;
  Catalogue catalogue_;
  std::unordered_map<std::string, std::vector<Entry>, Hash, std::equal_to<>> by_type_;
  std::vector<Match> broken_;
};

}  // namespace windrow::domain
