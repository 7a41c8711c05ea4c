// Entries of the audit log as the API shows them.
#pragma once

#include "common/store/audit_store.h"
#include "windrow/v1/audit.pb.h"

namespace windrow::control_plane {

// Resources of kinds that are not known here, or that cannot be read, are shown as the
// JSON that they are stored as.
void AuditEntryToProto(const store::AuditEntry& entry, v1::AuditEntry* proto);

}  // namespace windrow::control_plane
