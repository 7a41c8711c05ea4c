// A dotted path to one value of an event: "object.status", "action.outcome",
// "previous.team", "linked.customer.name", "event.agent_id".
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/document.h"

namespace windrow::domain {

inline constexpr std::size_t kMaxPathBytes = 1'024;
inline constexpr std::size_t kMaxPathKeys = 128;  // behind the root

// Where a path begins.
enum class PathRoot : std::uint8_t {
  kObject,
  kPrevious,
  kAction,
  kLinked,  // the first key is the linked object's name
  kEvent,   // one of kEventFields
};

// What `event.…` may name. `event.type` is what payloads call `event`.
inline constexpr std::string_view kEventFields[] = {
    "escmsg_id", "type", "object_type", "object_id", "message", "agent_id", "timestamp"};

// One step: into the member of this key or, where the key is a number in its shortest
// form and the value an array, to the element of that index (from 0).
struct PathKey {
  std::string key;
  std::optional<std::uint32_t> index;

  bool operator==(const PathKey&) const = default;
};

// Immutable once parsed; cannot be wrong.
class FieldPath {
 public:
  // Keys are separated by dots; `\.` is a dot and `\\` a backslash of a key. Keys may be
  // empty ("object." is the member ""). `object`, `previous` and `action` alone are the
  // whole JSON object. INVALID_ARGUMENT tells the rule and the byte offset.
  static absl::StatusOr<FieldPath> Parse(std::string_view text);
  // A path inside of the object, written without its root: "customer.name" is
  // "object.customer.name", which is then its text().
  static absl::StatusOr<FieldPath> ParseInObject(std::string_view text);

  // As it was written.
  const std::string& text() const { return text_; }
  PathRoot root() const { return root_; }
  // Behind the root.
  const std::vector<PathKey>& keys() const { return keys_; }

  bool operator==(const FieldPath&) const = default;

 private:
  FieldPath() = default;
  FieldPath(PathRoot root, std::string text) : text_(std::move(text)), root_(root) {}

  std::string text_;
  PathRoot root_ = PathRoot::kObject;
  std::vector<PathKey> keys_;
};

// The member or element of `value` that `key` names. Linear in what `value` holds.
std::optional<json::Value> Step(const json::Value& value, const PathKey& key);

}  // namespace windrow::domain
