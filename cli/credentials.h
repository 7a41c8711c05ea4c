// The flags that say how to reach the server: an API key, TLS.
#pragma once

#include <absl/status/status.h>

#include "cli/session.h"

namespace CLI {
class App;
}

namespace windrow::cli {

void AddCredentials(CLI::App* app, ServerCredentials* credentials);

// Reads the files that are named. INVALID_ARGUMENT saying which cannot be, or what does
// not go together.
absl::Status LoadCredentials(ServerCredentials* credentials);

}  // namespace windrow::cli
