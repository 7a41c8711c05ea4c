// A serialised PublishEventRequest in which only the stamp differs from event to event.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <string>

namespace windrow::bench {

class EventTemplate {
 public:
  struct Options {
    std::string event_type = "ticket.created";
    // Above 1: there are so many types, TYPE.0000000, TYPE.0000001, … in turn by
    // sequence.
    std::size_t types = 1;
    std::size_t object_bytes = 500;
    // Above 1: events are of so many objects, 0000000, 0000001, …, mixed.
    std::size_t objects = 1;
    // Give each event an event_id, as a publisher does that wants to repeat safely.
    bool event_ids = false;
  };
  explicit EventTemplate(const Options& options);

  // The request for one event, ready for the wire.
  grpc::ByteBuffer Make(std::uint64_t sequence, std::uint64_t sent) const;

 private:
  std::string bytes_;
  std::size_t object_bytes_;
  std::size_t types_;
  std::size_t objects_;
  std::size_t object_at_ = 0;
  std::size_t event_id_at_ = 0;     // 0: none
  std::size_t type_number_at_ = 0;  // likewise
  std::size_t object_id_at_ = 0;    // likewise
};

}  // namespace windrow::bench
