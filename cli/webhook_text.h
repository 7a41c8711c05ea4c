// Webhooks as a person reads them.
#pragma once

#include <string>
#include <vector>

#include "cli/table.h"
#include "windrow/v1/webhook.pb.h"

namespace windrow::cli {

Fields FieldsOf(const v1::Webhook& webhook);
std::vector<std::string> WebhookHeader();
std::vector<std::string> RowOf(const v1::Webhook& webhook);

}  // namespace windrow::cli
