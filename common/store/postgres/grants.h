// The roles of Windrow's programs, and what they may do: roles/*.sql.
#pragma once

#include <absl/status/status.h>

#include <string>

namespace windrow::store::postgres {

struct ProgramRole {
  std::string name;  // empty: nothing is granted
  // Empty: the role exists, and logs in as its owner arranged. Else it is made where it
  // does not exist, and has this password from then on.
  std::string password;
};

struct ProgramRoles {
  ProgramRole server;
  ProgramRole worker;
};

// Gives each exactly the rights of its file on the tables of the schema that `url` leads
// to, as their owner; what it had there before is taken from it. A password stays here:
// PostgreSQL is told its SCRAM-SHA-256 verifier. May be repeated, and run at the same
// time from several places. FAILED_PRECONDITION where a role can do more than any grant
// says: it owns the tables, or can become their owner, make roles, pass row-level
// security or replicate.
absl::Status GrantRights(const std::string& url, const ProgramRoles& roles);

}  // namespace windrow::store::postgres
