// What the API does with webhooks, apart from gRPC and its messages.
#pragma once

#include <absl/status/statusor.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/store/event_type_store.h"
#include "common/store/webhook_store.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {

// Thread-safe where the store is.
class WebhookUseCases {
 public:
  // Changes a profile and adds what cannot be done. May be called several times, each
  // time with another profile.
  using Edit = std::function<void(Profile* profile, Violations* violations)>;

  WebhookUseCases(store::WebhookStore& webhooks, store::EventTypeStore& event_types)
      : webhooks_(webhooks), event_types_(event_types) {}

  // Checks a new profile (CheckWithCatalogue) and saves it. A signing secret or key that
  // its schemes want and it does not have is made. With `validate_only` nothing is saved:
  // the answer has no id.
  absl::StatusOr<store::StoredWebhook> Create(const store::Author& author,
                                              Profile profile, Violations violations,
                                              bool validate_only);

  // Edits the current version, checks and saves it. `expected`: only that version, else
  // ABORTED (ETAG_MISMATCH); without it an edit that another one overtook is made anew.
  // An edit that changes nothing saves nothing. Missing keys are made as above.
  absl::StatusOr<store::StoredWebhook> Update(const store::Author& author, const Uuid& id,
                                              std::optional<std::int32_t> expected,
                                              const Edit& edit, bool validate_only);

  struct Rotation {
    // Whose keys; empty: of every scheme that the webhook has.
    std::vector<domain::SignatureScheme> schemes;
    std::string new_secret;  // empty: one is made
    std::string new_key;     // likewise
    absl::Duration overlap;  // how long the old ones sign too, at most kMaxSecretOverlap
    absl::Time now;
  };
  // Gives the webhook another signing secret, signing key or both. `expected` as above.
  absl::StatusOr<store::StoredWebhook> RotateSecret(const store::Author& author,
                                                    const Uuid& id,
                                                    std::optional<std::int32_t> expected,
                                                    const Rotation& rotation);

 private:
  absl::StatusOr<store::StoredWebhook> UpdateOnce(const store::Author& author,
                                                  const Uuid& id,
                                                  std::optional<std::int32_t> expected,
                                                  const Edit& edit, bool validate_only);

  store::WebhookStore& webhooks_;
  store::EventTypeStore& event_types_;
};

}  // namespace windrow::control_plane
