// URLs with placeholders: a field's value stays in its segment.
//
//   URL %% object
#include <algorithm>

#include "common/domain/event_document.h"
#include "common/domain/placeholder_text.h"
#include "common/domain/url_template.h"
#include "common/http/url.h"
#include "tests/fuzz/event_input.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

std::ptrdiff_t Count(std::string_view text, char wanted) {
  return std::ranges::count(text, wanted);
}

// What stands around the placeholders.
std::string LiteralOf(const domain::PlaceholderText& text) {
  std::string out = text.head;
  for (const auto& field : text.fields) out += field.behind;
  return out;
}

// The fields of `saved` are some of those of `written`, in their order: "/{{a}}/.." is
// none.
bool KeepsFields(const domain::PlaceholderText& written,
                 const domain::PlaceholderText& saved) {
  std::size_t next = 0;
  for (const auto& field : written.fields) {
    if (next < saved.fields.size() && saved.fields[next].path == field.path) ++next;
  }
  return next == saved.fields.size();
}

}  // namespace

WINDROW_FUZZ_TARGET(url_template) {
  const std::vector<std::string> parts = Parts(input, 2);
  const auto written = domain::PlaceholderText::Parse(parts[0]);
  if (!written.ok()) {
    Require(absl::IsInvalidArgument(written.status()), "a bad template is bad input");
    return;
  }
  const auto saved = http::ParseWebhookUrl(parts[0], {});
  if (!saved.ok()) return;
  const auto kept = domain::PlaceholderText::Parse(saved->text);
  const auto sent = domain::UrlTemplate::Compile(saved->text);
  Require(sent.ok() && kept.ok(), "a saved URL is still a template");
  Require(KeepsFields(*written, *kept), "and of the same fields");
  const EventInput event{.object = ObjectOr(parts[1], "{}")};
  domain::EventDocument document(event.View(), "");
  const auto url = sent->Expand(&document);
  if (!url.ok()) {
    Require(absl::IsResourceExhausted(url.status()) ||
                absl::IsFailedPrecondition(url.status()),
            "too long, or dots");
    return;
  }
  if (!sent->has_placeholders()) Require(*url == saved->text, "nothing to put in");
  const std::string literal = LiteralOf(*kept);
  for (const char mark : {'/', '?', '#', '&', '@', ':', ';', '='}) {
    Require(Count(*url, mark) == Count(literal, mark), "a value stays in its segment");
  }
  Require(std::ranges::all_of(*url, [](char c) { return c > 32 && c < 127; }),
          "what is sent is visible ASCII");
  if (url->size() > 2048) return;
  const auto parsed = http::ParseWebhookUrl(*url, {});
  Require(parsed.ok() && parsed->host == saved->host && parsed->port == saved->port,
          "it goes to the same host");
}

}  // namespace windrow::fuzz
