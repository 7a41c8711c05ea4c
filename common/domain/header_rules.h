// Which request headers a webhook may set (product.md, section 1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/domain/webhook.h"

namespace windrow::domain {

// True for names that the sender sets itself, without regard to case: those of message
// framing and of the connection (RFC 9110, 7.6.1), content-type, proxy-* and webhook-*.
// User-Agent is not among them: an endpoint's firewall may want one of its own.
bool IsSenderHeader(std::string_view name);

// Adds a violation for each broken rule at `path`[i].name and `path`[i].value: names are
// tokens (RFC 9110, 5.6.2), not the sender's, not repeated; values are UTF-8 without
// control characters. `has_auth`: the sender writes Authorization too. Headers past
// kMaxHeaders are not looked at.
void CheckHeaders(const std::vector<Header>& headers, bool has_auth,
                  const std::string& path, Violations* violations);

}  // namespace windrow::domain
