// What the roles of Windrow's programs may do: roles/*.sql.
#pragma once

#include <absl/status/status.h>

#include <string>

namespace windrow::store::postgres {

// Names of roles that exist; empty: not granted to.
struct ProgramRoles {
  std::string server;
  std::string worker;
};

// Gives each exactly the rights of its file on the tables of the schema that `url` leads
// to, as their owner; what it had there before is taken from it. May be repeated.
absl::Status GrantRights(const std::string& url, const ProgramRoles& roles);

}  // namespace windrow::store::postgres
