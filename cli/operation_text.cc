#include "cli/operation_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/flag_types.h"
#include "cli/proto_json.h"
#include "windrow/v1/delivery.pb.h"

namespace windrow::cli {
namespace {

std::string KindText(const v1::Operation& operation) {
  return EnumText(v1::OperationKind_descriptor()->FindValueByNumber(operation.kind()));
}

std::string StateText(const v1::Operation& operation) {
  return EnumText(v1::OperationState_descriptor()->FindValueByNumber(operation.state()));
}

std::int64_t SkippedCount(const v1::Operation& operation) {
  std::int64_t skipped = 0;
  for (const v1::SkippedDeliveries& s : operation.skipped()) skipped += s.count();
  return skipped;
}

// "12 FAILED, 3 CANCELLED".
std::string StatesText(const v1::Operation& operation) {
  std::string out;
  for (const v1::DeliveryStateCount& count : operation.state_counts()) {
    out += fmt::format(
        "{}{} {}", out.empty() ? "" : ", ", count.count(),
        EnumText(v1::DeliveryState_descriptor()->FindValueByNumber(count.state())));
  }
  return out;
}

std::string SkippedText(const v1::Operation& operation) {
  std::string out;
  for (const v1::SkippedDeliveries& s : operation.skipped()) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", s.count(), s.reason());
  }
  return out;
}

}  // namespace

std::string ProgressText(const v1::Operation& operation) {
  if (!operation.counted()) {
    return fmt::format("{} deliveries counted so far", operation.total_count());
  }
  if (operation.dry_run()) {
    return fmt::format("{} deliveries", operation.total_count());
  }
  const std::int64_t done = operation.redelivered_count() + SkippedCount(operation);
  // What became wanted after the count is redelivered too.
  const std::int64_t total = std::max(operation.total_count(), done);
  return fmt::format("{} of {} deliveries ({} %)", done, total,
                     total == 0 ? 100 : done * 100 / total);
}

Fields FieldsOf(const v1::Operation& o) {
  return {{"operation_id", o.operation_id()},
          {"kind", KindText(o)},
          {"state", StateText(o)},
          {"error", o.error()},
          {"filter", o.filter()},
          {"webhook_id", o.webhook_id()},
          {"dry run", o.dry_run() ? "yes: nothing is redelivered" : ""},
          {"at most", fmt::format("{}/s", o.max_per_second())},
          {o.counted() ? "counted" : "counted so far",
           fmt::format("{}{}", o.total_count(),
                       o.state_counts().empty() ? "" : ": " + StatesText(o))},
          {"redelivered", o.dry_run() ? "" : fmt::to_string(o.redelivered_count())},
          {"skipped", SkippedText(o)},
          {"created", o.has_create_time() ? TimeText(o.create_time()) : ""},
          {"finished", o.has_finish_time() ? TimeText(o.finish_time()) : ""}};
}

std::vector<std::string> OperationHeader() {
  return {"OPERATION_ID", "KIND", "STATE", "DONE", "SKIPPED", "CREATED"};
}

std::vector<std::string> RowOf(const v1::Operation& o) {
  return {o.operation_id(), KindText(o) + (o.dry_run() ? " (dry run)" : ""),
          StateText(o),     ProgressText(o),
          SkippedText(o),   o.has_create_time() ? TimeText(o.create_time()) : ""};
}

}  // namespace windrow::cli
