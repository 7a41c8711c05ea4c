// What receives a webhook's requests (product.md, section 1).
#pragma once

#include <cstdint>
#include <string_view>

namespace windrow::domain {

enum class WebhookType : std::uint8_t {
  kStandard = 1,  // items, as payload says
  // Messages in the product's own format (message.h).
  kSlack = 2,
  kMicrosoftTeams = 3,
  kDiscord = 4,
};

// "STANDARD", …; "" for a value that is none of them.
std::string_view NameOf(WebhookType type);

}  // namespace windrow::domain
