#include "services/control_plane/delivery_mapping.h"

#include <string>
#include <string_view>
#include <utility>

#include "common/base/utf8.h"
#include "services/control_plane/proto_time.h"

namespace windrow::control_plane {
namespace {

// Endpoints answer bytes of any kind, but a message whose text field is not UTF-8 cannot
// be read by its receiver: what is not UTF-8 becomes U+FFFD.
std::string Utf8(std::string text) {
  std::size_t at = 0;
  const auto next = [&] { return Utf8SequenceLength(std::string_view(text).substr(at)); };
  while (at < text.size() && next() != 0) at += next();
  if (at == text.size()) return text;
  std::string clean;
  for (at = 0; at < text.size();) {
    const std::size_t size = next();
    if (size == 0) {
      clean += "\xef\xbf\xbd";
      ++at;
    } else {
      clean.append(text, at, size);
      at += size;
    }
  }
  return clean;
}

// Zero: the step was not reached.
void StepToProto(absl::Duration step, v1::Attempt* proto,
                 google::protobuf::Duration* (v1::Attempt::*field)()) {
  if (step != absl::ZeroDuration()) DurationToProto(step, (proto->*field)());
}

}  // namespace

void TakeToProto(store::Attempt* attempt, v1::Attempt* proto) {
  proto->set_attempt(attempt->attempt);
  proto->set_late(attempt->late);
  TimeToProto(attempt->started_at, proto->mutable_start_time());
  DurationToProto(attempt->duration, proto->mutable_duration());
  StepToProto(attempt->name_lookup, proto, &v1::Attempt::mutable_name_lookup_duration);
  StepToProto(attempt->connect, proto, &v1::Attempt::mutable_connect_duration);
  StepToProto(attempt->tls, proto, &v1::Attempt::mutable_tls_duration);
  StepToProto(attempt->first_byte, proto, &v1::Attempt::mutable_first_byte_duration);
  proto->set_remote_address(Utf8(std::move(attempt->remote_address)));
  proto->set_status_code(attempt->status_code);
  proto->set_error(static_cast<v1::AttemptError>(attempt->error));
  proto->set_error_detail(Utf8(std::move(attempt->error_detail)));
  proto->set_request_bytes(attempt->request_bytes);
  proto->set_response_bytes(attempt->response_bytes);
  proto->set_response_headers(Utf8(std::move(attempt->response_headers)));
  proto->set_response_body(std::move(attempt->response_body));
}

void TakeToProto(store::DeliveryRecord* record, v1::Delivery* proto) {
  proto->set_delivery_id(record->delivery_id.ToString());
  proto->set_webhook_id(record->webhook_id.ToString());
  proto->set_state(static_cast<v1::DeliveryState>(record->state));
  TimeToProto(record->created_at, proto->mutable_create_time());
  if (record->finished_at) {
    TimeToProto(*record->finished_at, proto->mutable_finish_time());
  }
  if (record->due_at) TimeToProto(*record->due_at, proto->mutable_due_time());
  if (record->waits_for) {
    proto->set_waits_for_delivery_id(record->waits_for->ToString());
  }
  proto->set_attempt_count(record->attempt_count);
  proto->set_item_count(record->item_count);
  for (store::DeliveryItem& item : record->items) {
    v1::DeliveryItem* to = proto->add_items();
    to->set_escmsg_id(item.ref.escmsg_id);
    to->set_notification_id(item.ref.notification_id);
    to->set_event_type(std::move(item.event_type));
    to->set_object_id(std::move(item.object_id));
  }
  if (record->last_attempt) {
    TakeToProto(&*record->last_attempt, proto->mutable_last_attempt());
  }
  proto->set_reason(Utf8(std::move(record->reason)));
  proto->set_request_body(std::move(record->request_body));
  proto->set_request_headers(Utf8(std::move(record->request_headers)));
  proto->set_body_absence(static_cast<v1::BodyAbsence>(record->body_absence));
}

}  // namespace windrow::control_plane
