// An event as conditions and custom payloads read it: by path.
#pragma once

#include <absl/container/flat_hash_map.h>
#include <absl/strings/string_view.h>

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/field_path.h"
#include "common/domain/payload.h"
#include "common/json/document.h"

namespace windrow::domain {

// Parses each JSON text of one event when a path first asks for it, and once, for any
// number of webhooks. For one thread at a time.
class EventDocument {
 public:
  // Borrows what `event` views, and `previous` (a JSON object, or empty: none).
  //   event.escmsg_id   absent while `event.escmsg_id` is 0: not given yet
  //   event.message, event.agent_id   absent where empty
  //   event.timestamp   RFC 3339 UTC with milliseconds, as in the envelope
  // A text that is not a JSON object is as absent: what is stored was checked.
  EventDocument(const EventView& event, std::string_view previous);
  // Values point into it.
  EventDocument(const EventDocument&) = delete;
  EventDocument& operator=(const EventDocument&) = delete;

  // Takes a document that was parsed before, so that it is not parsed again; it must
  // outlive this. Roots kObject, kPrevious and kAction; before the first Find.
  void UseParsed(PathRoot root, const json::Document* document);

  // The value at `path`, valid as long as this; none where it is absent.
  std::optional<json::Value> Find(const FieldPath& path);
  // The value that `previous` has where `path`, of root kObject, points.
  std::optional<json::Value> FindPrevious(const FieldPath& path);
  bool has_previous();

  // The text of a string value, escapes resolved. Valid until the next call with the same
  // `slot` (0 or 1); allocates only where an escaped text is longer than all before it.
  std::string_view Text(const json::Value& string, int slot = 0);

 private:
  // One JSON text, parsed when wanted.
  struct Part {
    std::string_view source;
    const json::Document* document = nullptr;
    std::optional<json::Document> own;
    bool ready = false;
    int look_ups = 0;
    // The root's members by key, made when the part has been asked several times.
    absl::flat_hash_map<absl::string_view, json::Value> members;
    std::deque<std::string> resolved_keys;  // of members whose keys hold escapes
  };

  Part* Ready(Part* part);
  Part* LinkedPart(std::string_view name);
  static std::optional<json::Value> FindIn(Part* part, const std::vector<PathKey>& keys,
                                           std::size_t first);
  static std::optional<json::Value> Member(Part* part, const PathKey& key);
  std::string EnvelopeJson() const;

  EventView event_;
  Part object_;
  Part previous_;
  Part action_;
  Part envelope_;
  std::string envelope_json_;
  std::deque<Part> linked_;  // as event_.linked, made when one is asked for
  std::array<std::string, 2> scratch_;
};

}  // namespace windrow::domain
