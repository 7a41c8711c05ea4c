#include "cli/delivery_text.h"

#include <fmt/format.h>

#include <set>

#include "cli/flag_types.h"
#include "cli/proto_json.h"

namespace windrow::cli {
namespace {

std::string StateText(v1::DeliveryState state) {
  return EnumText(v1::DeliveryState_descriptor()->FindValueByNumber(state));
}

// "204", "TIMEOUT", or "500 HTTP".
std::string OutcomeText(const v1::Attempt& attempt) {
  const std::string error =
      EnumText(v1::AttemptError_descriptor()->FindValueByNumber(attempt.error()));
  if (attempt.status_code() == 0) return error;
  const bool plain = error.empty() || attempt.error() == v1::ATTEMPT_ERROR_HTTP;
  return plain ? fmt::to_string(attempt.status_code())
               : fmt::format("{} {}", attempt.status_code(), error);
}

std::string TypesText(const v1::Delivery& delivery) {
  std::set<std::string> types;
  for (const v1::DeliveryItem& item : delivery.items()) types.insert(item.event_type());
  constexpr std::size_t kShown = 2;
  if (types.size() > kShown) return fmt::format("{} types", types.size());
  return fmt::format("{}", fmt::join(types, ","));
}

std::string ItemsText(const v1::Delivery& delivery) {
  std::string out;
  constexpr int kShown = 20;
  for (const v1::DeliveryItem& item : delivery.items()) {
    if (&item - &delivery.items(0) == kShown) break;
    out += fmt::format("{} {} of {}\n", item.escmsg_id(), item.event_type(),
                       item.object_id());
  }
  if (delivery.items_size() > kShown) {
    out += fmt::format("and {} more\n", delivery.items_size() - kShown);
  }
  return out;
}

// Why there is no request body; empty where there is one, or it was not asked for.
std::string AbsenceText(v1::BodyAbsence absence) {
  switch (absence) {
    case v1::BODY_ABSENCE_NOT_SENT:
      return "(none: nothing was sent yet)";
    case v1::BODY_ABSENCE_NOT_KEPT:
      return "(not kept: lightweight logs)";
    case v1::BODY_ABSENCE_EXPIRED:
      return "(older than bodies are kept)";
    default:
      return "";
  }
}

std::string WhenSet(const google::protobuf::Timestamp& time, bool is_set) {
  return is_set ? TimeText(time) : "";
}

}  // namespace

Fields FieldsOf(const v1::Delivery& d) {
  const v1::Attempt& last = d.last_attempt();
  Fields fields = {
      {"delivery_id", d.delivery_id()},
      {"webhook_id", d.webhook_id()},
      {"state", StateText(d.state())},
      {"reason", d.reason()},
      {"created", WhenSet(d.create_time(), d.has_create_time())},
      {"due", WhenSet(d.due_time(), d.has_due_time())},
      {"waits for", d.waits_for_delivery_id()},
      {"finished", WhenSet(d.finish_time(), d.has_finish_time())},
      {"attempts", fmt::to_string(d.attempt_count())},
      {"items", ItemsText(d)},
      {"request headers", d.request_headers()},
      {"request body",
       d.request_body().empty() ? AbsenceText(d.body_absence()) : d.request_body()}};
  if (!d.has_last_attempt()) return fields;
  const Fields attempt = {
      {"last outcome", OutcomeText(last)},
      {"error", last.error_detail()},
      {"address", last.remote_address()},
      {"started", WhenSet(last.start_time(), last.has_start_time())},
      {"took", last.has_duration() ? DurationText(last.duration()) : ""},
      {"response headers", last.response_headers()},
      {"response body", last.response_body()}};
  fields.insert(fields.end(), attempt.begin(), attempt.end());
  return fields;
}

std::vector<std::string> DeliveryHeader() {
  return {"DELIVERY_ID", "STATE", "OUTCOME", "ATTEMPTS", "ITEMS", "EVENTS", "CREATED"};
}

std::vector<std::string> RowOf(const v1::Delivery& d) {
  return {d.delivery_id(),
          StateText(d.state()),
          OutcomeText(d.last_attempt()),
          fmt::to_string(d.attempt_count()),
          fmt::to_string(d.item_count()),
          TypesText(d),
          WhenSet(d.create_time(), d.has_create_time())};
}

std::vector<std::string> AttemptHeader() {
  return {"ATTEMPT", "OUTCOME", "STARTED",  "TOOK",
          "ADDRESS", "SENT",    "RECEIVED", "ERROR"};
}

std::vector<std::string> RowOf(const v1::Attempt& a) {
  return {fmt::format("{}{}", a.attempt(), a.late() ? " (late)" : ""),
          OutcomeText(a),
          WhenSet(a.start_time(), a.has_start_time()),
          a.has_duration() ? DurationText(a.duration()) : "",
          a.remote_address(),
          fmt::to_string(a.request_bytes()),
          fmt::to_string(a.response_bytes()),
          a.error_detail()};
}

}  // namespace windrow::cli
