// What CUSTOM payloads add to the envelope (product.md, section 3): rows of a key and a
// source, or a typed JSON template.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/domain/field_path.h"
#include "common/domain/json_template.h"
#include "common/json/document.h"

namespace windrow::domain {

// One member of the item. Its value is the source's, as it was published: null where it
// is absent, the whole array of a multi-select, and of a single-select
// {"id": 9, "name": "Closed"} the name or, with `send_id`, the id.
struct CustomField {
  std::string key;
  std::string source;  // FieldPath
  bool send_id = false;

  bool operator==(const CustomField&) const = default;
};

// Either rows or a template.
struct CustomPayloadSpec {
  std::vector<CustomField> fields;
  // A JSON object whose members follow the envelope (json_template.h).
  std::string json_template;

  bool operator==(const CustomPayloadSpec&) const = default;
};

inline constexpr std::size_t kMaxCustomFields = 200;
inline constexpr std::size_t kMaxCustomKeyBytes = 256;

// What the catalogue knows of a field.
enum class FieldKind : std::uint8_t { kUnknown, kSingleSelect, kMultiSelect, kOther };
using FieldKinds = std::function<FieldKind(const FieldPath&)>;

// Adds a violation for every broken rule, with paths under `prefix`:
// "{prefix}.fields[0].key", "{prefix}.fields[0].source", "{prefix}.fields[0].send_id",
// "{prefix}.template". Keys, escapes resolved, may not be the envelope's (payload.h,
// kEnvelopeKeys; case counts: `Id` may stand) nor repeat. `send_id` is refused where
// `kinds`, which may be empty, knows the field as a multi-select.
void Validate(const CustomPayloadSpec& spec, const std::string& prefix,
              const FieldKinds& kinds, Violations* violations);

// Immutable, thread-safe, cheap to copy.
class CompiledCustomPayload {
 public:
  // INVALID_ARGUMENT with the violations of Validate, under "custom_payload".
  static absl::StatusOr<CompiledCustomPayload> Compile(const CustomPayloadSpec& spec);

  // Appends the members behind the envelope, each after a comma. RESOURCE_EXHAUSTED, with
  // `out` as it was, where they would have more than kMaxRenderedBytes.
  absl::Status AppendMembers(EventDocument* event, std::string* out) const;
  // The bytes that AppendMembers writes; where they are too many, some number above
  // kMaxRenderedBytes.
  std::size_t MemberBytes(EventDocument* event) const;

 private:
  struct Content;

  explicit CompiledCustomPayload(std::shared_ptr<const Content> content);

  std::shared_ptr<const Content> content_;
};

// JSON for storage, and back:
//   {"fields": [{"key": "status", "source": "object.status", "send_id": true}]}
//   {"template": "{\"n\": \"{{object.count}}\"}"}
void AppendJson(const CustomPayloadSpec& spec, std::string* out);
// DATA_LOSS where anything is not known or of another type.
absl::StatusOr<CustomPayloadSpec> CustomPayloadFromJson(const json::Value& value);

}  // namespace windrow::domain
