// Long-running operations as text.
#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "windrow/v1/operation.pb.h"

namespace windrow::cli {

Fields FieldsOf(const v1::Operation& operation);
std::vector<std::string> OperationHeader();
std::vector<std::string> RowOf(const v1::Operation& operation);

// "1200 of 5000 deliveries (24 %)", or how many are counted so far.
std::string ProgressText(const v1::Operation& operation);

}  // namespace windrow::cli
