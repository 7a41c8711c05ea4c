// The match tables of tenants, kept between publish transactions.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/store/event_type_store.h"
#include "common/store/webhook_store.h"

namespace windrow::control_plane {

// A tenant's match table, and what was found out of its event types since it was loaded.
// Not thread-safe.
class TenantTable {
 public:
  explicit TenantTable(std::shared_ptr<const domain::MatchTable> matches)
      : matches_(std::move(matches)) {}

  const domain::MatchTable& matches() const { return *matches_; }

  enum class Verdict : std::uint8_t {
    kKnown,    // publish it
    kNew,      // have it learned first
    kRefused,  // Refusal says why
  };
  // `*known` is the catalogue's entry, null where it has none.
  Verdict Look(const std::string& type, const domain::KnownType** known) const;
  // Of the types that were to be learned, `known` are in the catalogue now.
  void AddLearned(const std::vector<store::SeenEventType>& asked,
                  const std::vector<std::string>& known);
  // INVALID_ARGUMENT with a violation of event.type (EVENT_TYPE_UNKNOWN,
  // TOO_MANY_EVENT_TYPES).
  absl::Status Refusal(const std::string& type);

 private:
  // The nearest name is looked for once for a type, and for this many types: a publisher
  // of ever new ones costs no more.
  static constexpr std::size_t kMostNearest = 256;

  std::shared_ptr<const domain::MatchTable> matches_;
  absl::flat_hash_set<std::string> learned_;
  bool full_ = false;  // no further type can be learned
  absl::flat_hash_map<std::string, std::optional<std::string>> nearest_;
};

// Not thread-safe: the committer's own. A table may be older than the database's; the
// publish transaction says so, and Forget makes the next Get load it anew.
class MatchTables {
 public:
  using Table = std::shared_ptr<TenantTable>;

  explicit MatchTables(store::WebhookStore& webhooks) : webhooks_(webhooks) {}

  absl::StatusOr<Table> Get(store::TenantId tenant);
  void Forget(store::TenantId tenant) { tables_.erase(tenant); }

 private:
  store::WebhookStore& webhooks_;
  std::unordered_map<store::TenantId, Table> tables_;
};

}  // namespace windrow::control_plane
