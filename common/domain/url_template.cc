#include "common/domain/url_template.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "common/base/status.h"
#include "common/domain/event_document.h"
#include "common/domain/single_select.h"

namespace windrow::domain {
namespace {

constexpr std::string_view kOpen = "{{";

bool IsUnreserved(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         c == '-' || c == '.' || c == '_' || c == '~';
}

void AppendEncoded(std::string_view text, std::string* out) {
  for (const unsigned char c : text) {
    if (IsUnreserved(c)) {
      out->push_back(static_cast<char>(c));
    } else {
      fmt::format_to(std::back_inserter(*out), "%{:02X}", c);
    }
  }
}

// A value as it stands in a URL, before it is encoded.
std::string_view TextOf(const json::Value& value, EventDocument* event) {
  switch (value.type()) {
    case json::Type::kString:
      return event->Text(value);
    case json::Type::kNumber:
    case json::Type::kBool:
      return value.raw();
    default:
      return "";
  }
}

std::string_view FieldText(const FieldPath& path, EventDocument* event) {
  const std::optional<json::Value> value = event->Find(path);
  if (!value) return "";
  if (const auto select = AsSingleSelect(*value)) return TextOf(select->name, event);
  return TextOf(*value, event);
}

// "." or ".." as a whole segment of the path: whoever reads the URL goes elsewhere.
bool HasDotSegment(std::string_view url) {
  url = url.substr(0, url.find('?'));
  while (!url.empty()) {
    const std::size_t slash = url.find('/');
    const std::string_view segment = url.substr(0, slash);
    if (segment == "." || segment == "..") return true;
    url.remove_prefix(slash == std::string_view::npos ? url.size() : slash + 1);
  }
  return false;
}

}  // namespace

bool UrlTemplate::HasPlaceholder(std::string_view url) {
  return url.find(kOpen) != std::string_view::npos;
}

absl::StatusOr<UrlTemplate> UrlTemplate::Compile(std::string_view url) {
  UrlTemplate out;
  WINDROW_ASSIGN_OR_RETURN(out.text_, PlaceholderText::Parse(url));
  return out;
}

absl::StatusOr<std::string> UrlTemplate::Expand(EventDocument* event) const {
  std::string url = text_.head;
  for (const auto& [path, behind] : text_.fields) {
    const std::string_view text = FieldText(path, event);
    // Encoding makes three bytes of one at most.
    if (text.size() <= kMaxExpandedUrlBytes) AppendEncoded(text, &url);
    url += behind;
    if (text.size() > kMaxExpandedUrlBytes || url.size() > kMaxExpandedUrlBytes) {
      return absl::ResourceExhaustedError(
          fmt::format("with the event's fields in it the URL has more than {} bytes; "
                      "{{{{{}}}}} is the last that was put in",
                      kMaxExpandedUrlBytes, path.text()));
    }
  }
  if (has_placeholders() && HasDotSegment(url)) {
    return absl::FailedPreconditionError(
        "with the event's fields in it the URL's path has a segment of dots, which would "
        "lead to another path");
  }
  return url;
}

}  // namespace windrow::domain
