// URLs whose path and query may hold `{{path}}`: event fields, percent-encoded.
//
//   https://example.com/tickets/{{object.id}}?by={{event.agent_id}}
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <string_view>

#include "common/domain/placeholder_text.h"

namespace windrow::domain {

class EventDocument;  // event_document.h

// What a URL may grow to when fields are put in.
inline constexpr std::size_t kMaxExpandedUrlBytes = 16u << 10;

// Immutable, thread-safe.
class UrlTemplate {
 public:
  static bool HasPlaceholder(std::string_view url);
  // INVALID_ARGUMENT where braces do not close, or a path is not one; with the place.
  static absl::StatusOr<UrlTemplate> Compile(std::string_view url);

  bool has_placeholders() const { return !text_.fields.empty(); }
  // Texts go in as their characters, numbers and booleans as published, a single-select
  // as its name; null, absent fields, arrays and objects as nothing. All but unreserved
  // characters (RFC 3986, 2.3) are percent-encoded, so a value stays in its segment.
  // RESOURCE_EXHAUSTED where the URL would have more than kMaxExpandedUrlBytes;
  // FAILED_PRECONDITION where a segment of its path would be "." or "..".
  absl::StatusOr<std::string> Expand(EventDocument* event) const;

 private:
  PlaceholderText text_;
};

}  // namespace windrow::domain
