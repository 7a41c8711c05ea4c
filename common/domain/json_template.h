// Typed JSON templates: JSON whose texts may hold `{{path}}`.
//
//   {"n": "{{object.count}}", "t": "no. {{object.count}}"}   with count 5
//   {"n": 5, "t": "no. 5"}
//
// A placeholder alone in a text becomes the value itself, as it was published; null where
// it is absent. Among other text it becomes
//   a text             its characters        a number, true, false   as published
//   a single-select    its name              an array or object      its JSON
//   null, or absent    nothing
// White space within the braces does not count. A path is a FieldPath. A brace written as
// \u007b is text and begins no placeholder.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/domain/field_path.h"

namespace windrow::domain {

class EventDocument;  // event_document.h

inline constexpr std::size_t kMaxTemplateBytes = 64u << 10;
inline constexpr int kMaxTemplateDepth = 64;
inline constexpr std::size_t kMaxPlaceholders = 1'000;
inline constexpr std::size_t kMaxRenderedBytes = 4u << 20;

// Immutable, thread-safe.
class JsonTemplate {
 public:
  // Wants a JSON object. INVALID_ARGUMENT tells what breaks which rule at which byte of
  // `text`; placeholders stand in values only, never in keys.
  static absl::StatusOr<JsonTemplate> Compile(std::string text);

  const std::string& text() const { return text_; }
  // The top-level keys, escapes resolved, in order.
  const std::vector<std::string>& keys() const { return keys_; }

  // Appends the JSON object; it is valid JSON whatever the event holds.
  // RESOURCE_EXHAUSTED, with `out` as it was, where it would have more than
  // kMaxRenderedBytes: a template may name a large value many times.
  absl::Status Append(EventDocument* event, std::string* out) const;
  // Appends what stands between the object's braces, likewise.
  absl::Status AppendMembers(EventDocument* event, std::string* out) const;
  // The bytes that AppendMembers writes; where they are too many, some number above
  // kMaxRenderedBytes.
  std::size_t MemberBytes(EventDocument* event) const;

 private:
  struct Placeholder {
    FieldPath path;
    bool alone;           // the whole text, whose quotes are in no literal
    std::uint32_t begin;  // of the literal bytes behind it, in text_
    std::uint32_t end;
  };
  class Compiler;

  JsonTemplate() = default;
  std::string_view Literal(std::uint32_t begin, std::uint32_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }
  // False where the sink has had too many bytes.
  template <typename Sink>
  bool Render(EventDocument* event, Sink* sink) const;

  std::string text_;
  std::vector<std::string> keys_;
  // The literal bytes before the first placeholder, from behind the opening brace.
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
  std::vector<Placeholder> placeholders_;
};

}  // namespace windrow::domain
