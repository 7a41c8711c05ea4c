// Deliveries and attempts as a person reads them.
#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "windrow/v1/delivery.pb.h"

namespace windrow::cli {

Fields FieldsOf(const v1::Delivery& delivery);
std::vector<std::string> DeliveryHeader();
std::vector<std::string> RowOf(const v1::Delivery& delivery);
std::vector<std::string> AttemptHeader();
std::vector<std::string> RowOf(const v1::Attempt& attempt);

}  // namespace windrow::cli
