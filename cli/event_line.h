// One line of `event publish`: a JSON object that describes an event.
//
//   {"type":"ticket.created","object_type":"ticket","object_id":"42","object":{…},
//    "previous":{…},"action":{…},"linked_objects":{"customer":{…}},"message":"…",
//    "agent_id":"…","occur_time":"2026-11-25T10:00:00Z","event_id":"…",
//    "origin_webhook_id":"…","hops":1}
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <istream>
#include <optional>
#include <string>

#include "windrow/v1/event.pb.h"

namespace windrow::cli {

// object, previous, action and linked objects are taken from the line byte for byte.
// Errors name every key that is wrong; rules of values are the server's to check.
absl::StatusOr<v1::Event> ParseEventLine(std::string line);

// The lines of one file, counted from 1. A line that is longer than any event can be is
// an error of its own, and is skipped without being held.
class LineReader {
 public:
  struct Line {
    std::int64_t number = 0;
    std::string text;
    bool too_long = false;
  };
  static constexpr std::size_t kMaxLineBytes = 4u << 20;

  explicit LineReader(std::istream& in) : in_(in) {}
  // The next line that holds more than white space; none at the end.
  std::optional<Line> Next();
  // Of the file, as far as it was read.
  std::int64_t bytes_read() const { return bytes_read_; }
  // Whether reading ended because of an error and not because of the file's end.
  bool failed() const { return in_.bad(); }

 private:
  bool ReadLine(Line* line);

  std::istream& in_;
  std::int64_t number_ = 0;
  std::int64_t bytes_read_ = 0;
};

}  // namespace windrow::cli
