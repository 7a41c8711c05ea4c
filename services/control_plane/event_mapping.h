// Events: the API's messages and the domain's values.
#pragma once

#include <absl/status/status.h>

#include <cstdint>

#include "common/domain/event.h"
#include "common/store/types.h"
#include "windrow/v1/event.pb.h"

namespace windrow::control_plane {

// What became of one event: OK with the three numbers, or why it was refused.
struct PublishAnswer {
  absl::Status status;
  std::int64_t escmsg_id = 0;
  bool duplicate = false;
  int matched = 0;
};

// Takes the texts out of `proto`, which is left without them, and checks every rule of
// the domain. Output only fields are not looked at.
absl::StatusOr<domain::Event> TakeEvent(v1::Event* proto);

// What an event costs while it waits to be committed.
std::size_t MemoryOf(const domain::Event& event);

// What a refusal costs while it waits to be read.
std::size_t MemoryOf(const absl::Status& refusal);

// Of a refusal, as much as ShownViolations shows.
void AnswerToProto(const PublishAnswer& answer, v1::PublishEventResponse* proto);

// Takes the texts out of `event`.
void TakeToProto(store::StoredEvent* event, v1::Event* proto);

}  // namespace windrow::control_plane
