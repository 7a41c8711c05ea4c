// Every rule that a profile must keep before it is saved: the domain's, and what the
// tenant's catalogue of event types says.
#pragma once

#include <absl/status/status.h>

#include "common/store/event_type_store.h"
#include "services/control_plane/webhook_mapping.h"

namespace windrow::control_plane {

// Normalizes, then adds a violation for each broken rule: those of domain::Validate, with
// the catalogue's knowledge of fields, and triggers for types that the catalogue does not
// have, where the tenant refuses those. `stored`: what the profile was before, or null;
// types that it had are not looked at. Not OK only where the catalogue cannot be read.
absl::Status CheckWithCatalogue(store::EventTypeStore& event_types,
                                store::TenantId tenant, const domain::WebhookSpec* stored,
                                Profile* profile, Violations* violations);

}  // namespace windrow::control_plane
