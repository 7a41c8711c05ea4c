// The key fields of an event type: what SMALL payloads keep of its objects (product.md,
// section 3).
#pragma once

#include <absl/status/statusor.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/json/document.h"

namespace windrow::domain {

inline constexpr std::size_t kMaxKeyFields = 100;

// Adds a violation for every broken rule, with paths "{prefix}[i]". A key field is a path
// inside of the object (FieldPath::ParseInObject): "status", "customer.name". It may not
// repeat, nor lie inside of another one, which is kept whole.
void CheckKeyFields(const std::vector<std::string>& fields, const std::string& prefix,
                    Violations* violations);

// One list of key fields, which never changes: events name it by its id, so that they are
// rendered alike on every attempt. Immutable, thread-safe.
class KeyFields {
 public:
  // INVALID_ARGUMENT with the violations of CheckKeyFields, or where there are none.
  static absl::StatusOr<KeyFields> Of(std::int32_t id,
                                      const std::vector<std::string>& fields);

  // As it is stored; 0 where it is not.
  std::int32_t id() const { return id_; }

  // Appends `object` with its key fields only, byte for byte, in its own order. What the
  // object does not have is left out, and an object that holds nothing else with it.
  void Append(const json::Value& object, std::string* out) const;

 private:
  // A key of some paths, and what follows it. Without children all of it is kept.
  struct Node {
    std::string key;
    std::vector<Node> children;  // by key
  };

  KeyFields(std::int32_t id, std::vector<Node> roots);
  static bool AppendMembers(const json::Value& object, const std::vector<Node>& wanted,
                            std::string* out);

  std::int32_t id_;
  std::vector<Node> roots_;  // by key
};

}  // namespace windrow::domain
