// Entries of the audit log for a person.
#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "windrow/v1/audit.pb.h"

namespace windrow::cli {

std::vector<std::string> AuditHeader();
std::vector<std::string> RowOf(const v1::AuditEntry& entry);
// With a line for each field that changed.
Fields FieldsOf(const v1::AuditEntry& entry);

}  // namespace windrow::cli
