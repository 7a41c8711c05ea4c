// A named SQL statement, from a file in sql/.
#pragma once

namespace windrow::store::postgres {

struct Statement {
  const char* name;  // the file's, and the prepared statement's
  const char* sql;
};

}  // namespace windrow::store::postgres
