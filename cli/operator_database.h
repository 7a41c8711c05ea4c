// What only the operator may do, with access to the database: flags and connection.
#pragma once

#include <absl/status/statusor.h>

#include <memory>
#include <string>

#include "common/store/access_store.h"

namespace CLI {
class App;
}

namespace windrow::cli {

void AddDatabaseUrl(CLI::App* app, std::string* url);

// INVALID_ARGUMENT, saying how to give it, where there is no URL.
absl::StatusOr<std::unique_ptr<store::AccessStore>> OpenAccess(const std::string& url);

}  // namespace windrow::cli
