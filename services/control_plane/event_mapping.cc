#include "services/control_plane/event_mapping.h"

#include <utility>

#include "common/base/status.h"
#include "services/control_plane/error_text.h"
#include "services/control_plane/proto_time.h"

namespace windrow::control_plane {
namespace {

// A thousand refused events of one call stay below the 4 MiB that clients take by
// default.
constexpr std::size_t kMaxMessageBytes = 400;
constexpr std::size_t kMaxViolationBytes = 2'500;

}  // namespace

absl::StatusOr<domain::Event> TakeEvent(v1::Event* proto) {
  domain::Event event;
  event.event_id = std::move(*proto->mutable_event_id());
  event.type = std::move(*proto->mutable_type());
  event.object_type = std::move(*proto->mutable_object_type());
  event.object_id = std::move(*proto->mutable_object_id());
  event.object = std::move(*proto->mutable_object());
  event.previous = std::move(*proto->mutable_previous());
  event.action = std::move(*proto->mutable_action());
  event.message = std::move(*proto->mutable_message());
  event.agent_id = std::move(*proto->mutable_agent_id());
  event.linked.reserve(static_cast<std::size_t>(proto->linked_objects_size()));
  for (v1::LinkedObject& linked : *proto->mutable_linked_objects()) {
    event.linked.push_back(
        {std::move(*linked.mutable_name()), std::move(*linked.mutable_object())});
  }
  Violations violations;
  event.hops = proto->hops();
  if (!proto->origin_webhook_id().empty()) {
    event.origin_webhook_id = Uuid::Parse(proto->origin_webhook_id());
    if (!event.origin_webhook_id) {
      violations.Add("event.origin_webhook_id",
                     "is not a UUID: copy it from a payload's "
                     "webhook_id");
    }
    if (event.hops == 0) event.hops = 1;
  }
  if (proto->has_occur_time()) {
    event.occurred_at = TimeFromProto(proto->occur_time());
    if (!event.occurred_at) {
      violations.Add("event.occur_time", "is not a valid google.protobuf.Timestamp");
    }
  }
  absl::Status status = domain::Validate(event);
  if (!violations.empty() && (status.ok() || absl::IsInvalidArgument(status))) {
    for (const Violation& violation : ViolationsOf(status)) {
      violations.Add(violation.field, violation.rule);
    }
    status = violations.ToStatus();
  }
  WINDROW_RETURN_IF_ERROR(status);
  return event;
}

std::size_t MemoryOf(const domain::Event& event) {
  constexpr std::size_t kOwn = sizeof(domain::Event) + 128;  // and its place in queues
  return kOwn + event.json_bytes() + event.event_id.size() + event.type.size() +
         event.object_type.size() + event.object_id.size() + event.message.size() +
         event.agent_id.size();
}

std::size_t MemoryOf(const absl::Status& refusal) {
  // The violations stand in the message, and once more beside it.
  return 2 * refusal.message().size() + 256;
}

void AnswerToProto(const PublishAnswer& answer, v1::PublishEventResponse* proto) {
  if (answer.status.ok()) {
    v1::PublishedEvent* published = proto->mutable_published();
    published->set_escmsg_id(answer.escmsg_id);
    published->set_duplicate(answer.duplicate);
    published->set_matched(answer.matched);
    return;
  }
  v1::RefusedEvent* refused = proto->mutable_refused();
  refused->set_code(static_cast<int>(answer.status.code()));
  const std::vector<Violation> violations = ViolationsOf(answer.status);
  const std::string reason = ReasonOf(answer.status);
  refused->set_reason(!reason.empty() ? reason
                      : !violations.empty()
                          ? "INVALID_FIELD"
                          : absl::StatusCodeToString(answer.status.code()));
  const std::string message(answer.status.message());
  refused->set_message(Shown(message, kMaxMessageBytes));
  for (Violation& violation : ShownViolations(violations, kMaxViolationBytes)) {
    v1::FieldViolation* to = refused->add_field_violations();
    to->set_field(std::move(violation.field));
    to->set_description(std::move(violation.rule));
  }
}

void TakeToProto(store::StoredEvent* stored, v1::Event* proto) {
  domain::Event& event = stored->event;
  proto->set_escmsg_id(stored->escmsg_id);
  proto->set_event_id(std::move(event.event_id));
  proto->set_type(std::move(event.type));
  proto->set_object_type(std::move(event.object_type));
  proto->set_object_id(std::move(event.object_id));
  proto->set_object(std::move(event.object));
  proto->set_previous(std::move(event.previous));
  proto->set_action(std::move(event.action));
  for (domain::LinkedObject& linked : event.linked) {
    v1::LinkedObject* to = proto->add_linked_objects();
    to->set_name(std::move(linked.name));
    to->set_object(std::move(linked.json));
  }
  proto->set_message(std::move(event.message));
  proto->set_agent_id(std::move(event.agent_id));
  if (event.origin_webhook_id) {
    proto->set_origin_webhook_id(event.origin_webhook_id->ToString());
  }
  if (event.hops > 0) proto->set_hops(event.hops);
  if (event.occurred_at) TimeToProto(*event.occurred_at, proto->mutable_occur_time());
  TimeToProto(stored->received_at, proto->mutable_receive_time());
}

}  // namespace windrow::control_plane
