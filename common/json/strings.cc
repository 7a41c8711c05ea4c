#include <fmt/format.h>
#include <simdjson.h>

#include "common/base/utf8.h"
#include "common/json/document.h"

namespace windrow::json {
namespace {

bool NeedsEscape(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

void AppendEscaped(char c, std::string* out) {
  switch (c) {
    case '\b':
      *out += "\\b";
      return;
    case '\f':
      *out += "\\f";
      return;
    case '\n':
      *out += "\\n";
      return;
    case '\r':
      *out += "\\r";
      return;
    case '\t':
      *out += "\\t";
      return;
    case '"':
    case '\\':
      *out += '\\';
      *out += c;
      return;
    default:
      *out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  }
}

}  // namespace

void AppendString(std::string_view text, std::string* out) {
  *out += '"';
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(text[i])) continue;
    out->append(text.substr(copied, i - copied));
    AppendEscaped(text[i], out);
    copied = i + 1;
  }
  out->append(text.substr(copied));
  *out += '"';
}

bool IsUtf8(std::string_view text, std::size_t* offset) {
  if (text.empty() || simdjson::validate_utf8(text.data(), text.size())) return true;
  std::size_t at = 0;
  while (const std::size_t length = Utf8SequenceLength(text.substr(at))) at += length;
  *offset = at;
  return false;
}

}  // namespace windrow::json
