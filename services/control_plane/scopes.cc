#include "services/control_plane/scopes.h"

#include <utility>

namespace windrow::control_plane {
namespace {

using domain::Scope;

constexpr std::pair<std::string_view, Scope> kScopes[] = {
    {"CreateWebhook", Scope::kAdmin},
    {"GetWebhook", Scope::kRead},
    {"ListWebhooks", Scope::kRead},
    {"UpdateWebhook", Scope::kAdmin},
    {"DeleteWebhook", Scope::kAdmin},
    {"PreviewPayload", Scope::kRead},
    {"RotateSigningSecret", Scope::kAdmin},
    {"TestWebhook", Scope::kAdmin},

    {"PublishEvent", Scope::kPublish},
    {"BatchPublishEvents", Scope::kPublish},
    {"GetEvent", Scope::kRead},
    {"ListEvents", Scope::kRead},
    {"ExplainEvent", Scope::kRead},

    {"CreateEventType", Scope::kAdmin},
    {"GetEventType", Scope::kRead},
    {"ListEventTypes", Scope::kRead},
    {"UpdateEventType", Scope::kAdmin},
    {"DeleteEventType", Scope::kAdmin},
    {"GetCatalogueSettings", Scope::kRead},
    {"UpdateCatalogueSettings", Scope::kAdmin},

    {"ListDeliveries", Scope::kRead},
    {"GetDelivery", Scope::kRead},
    {"ListAttempts", Scope::kRead},
    {"WatchDeliveries", Scope::kRead},
    {"RedeliverDelivery", Scope::kAdmin},
    {"CancelDelivery", Scope::kAdmin},

    {"RedeliverDeliveries", Scope::kAdmin},
    {"RecoverWebhook", Scope::kAdmin},
    {"GetOperation", Scope::kRead},
    {"ListOperations", Scope::kRead},
    {"CancelOperation", Scope::kAdmin},

    {"GetStats", Scope::kRead},

    {"GetAuditEntry", Scope::kRead},
    {"ListAuditEntries", Scope::kRead},

    // Also to look at: they tell who may do what.
    {"CreateApiKey", Scope::kAdmin},
    {"GetApiKey", Scope::kAdmin},
    {"ListApiKeys", Scope::kAdmin},
    {"RevokeApiKey", Scope::kAdmin},
};

}  // namespace

std::optional<domain::Scope> ScopeOf(std::string_view method) {
  for (const auto& [name, scope] : kScopes) {
    if (name == method) return scope;
  }
  return std::nullopt;
}

}  // namespace windrow::control_plane
