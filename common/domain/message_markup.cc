#include "common/domain/message_markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/domain/characters.h"

namespace windrow::domain {
namespace {

// Keeps `](` apart where an escape does not: Teams' mobile clients see a link before they
// look at backslashes.
constexpr std::string_view kZeroWidthSpace = "\u200b";

// One code point of a value, and what is around it; 0 where there is none.
struct Spot {
  CodePoint at;
  char32_t before;
  char32_t behind;
  std::string_view rest;  // all that is behind
  bool line_start;        // nothing but spaces before it in its line
};

bool IsOneOf(char32_t code, std::string_view set) {
  return code < 0x80 && set.find(static_cast<char>(code)) != set.npos;
}

// Control characters, and what overrides directions.
bool IsLeftOut(char32_t code) {
  return (code < 0x20 && code != '\t' && code != '\n') ||
         (code >= 0x7f && code <= 0x9f) || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

bool IsLetter(char32_t code) {
  return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

// What follows an ampersand and makes a character of it: "lt;", "#38;".
bool CompletesEntity(std::string_view rest) {
  constexpr std::size_t kLongest = 32;
  const std::size_t end = rest.substr(0, kLongest).find(';');
  if (end == rest.npos || end == 0) return false;
  return std::ranges::all_of(rest.substr(0, end), [](char c) {
    return IsLetter(static_cast<unsigned char>(c)) || (c >= '0' && c <= '9') || c == '#';
  });
}

void AppendEscaped(std::string_view bytes, std::string* out) {
  out->push_back('\\');
  out->append(bytes);
}

void AppendEntity(const CodePoint& at, std::string* out) {
  out->append(at.value == '&'   ? "&amp;"
              : at.value == '<' ? "&lt;"
              : at.value == '>' ? "&gt;"
                                : at.bytes);
}

void AppendDiscordText(const Spot& spot, std::string* out) {
  const char32_t code = spot.at.value;
  // Headings, small print, quotes and lists begin a line; a colon before a slash begins
  // the address of a bare URL.
  const bool escaped = IsOneOf(code, "\\`*_~|<>[]()@") ||
                       (spot.line_start && IsOneOf(code, "#-+")) ||
                       (code == ':' && (spot.behind == '/' || spot.behind == 0));
  if (escaped) return AppendEscaped(spot.at.bytes, out);
  out->append(spot.at.bytes);
}

// As few escapes as will do: some mobile clients show them.
void AppendTeamsText(const Spot& spot, std::string* out) {
  const char32_t code = spot.at.value;
  const char32_t behind = spot.behind;
  if (code == '\n') {  // a single newline is a space in Markdown
    if (spot.before != '\n') out->append("\n\n");
    return;
  }
  const bool tag = code == '<' && (IsLetter(behind) || IsOneOf(behind, "/!?") || !behind);
  const bool pair = IsOneOf(code, "{~") && (spot.before == code || spot.before == 0);
  const bool entity = code == '&' && CompletesEntity(spot.rest);
  if (!tag && !pair && !entity && !IsOneOf(code, "\\`*_[]")) {
    out->append(spot.at.bytes);
    return;
  }
  AppendEscaped(spot.at.bytes, out);
  if (code == ']' && (behind == '(' || behind == 0)) out->append(kZeroWidthSpace);
}

std::string_view EndsLink(WebhookType type) {
  switch (type) {
    case WebhookType::kSlack:
      return "<>|";
    case WebhookType::kDiscord:
      return "()<>\\`";
    default:
      return "()<>[]\\`*_\"'";
  }
}

void AppendToLink(WebhookType type, const CodePoint& at, std::string* out) {
  if (at.value <= ' ' || IsOneOf(at.value, EndsLink(type))) {
    fmt::format_to(std::back_inserter(*out), "%{:02X}", static_cast<unsigned>(at.value));
  } else if (type == WebhookType::kSlack) {
    AppendEntity(at, out);
  } else {
    out->append(at.bytes);
  }
}

void AppendMarkedUp(WebhookType type, Place place, const Spot& spot, std::string* out) {
  if (place == Place::kLink) return AppendToLink(type, spot.at, out);
  switch (type) {
    case WebhookType::kSlack:
      return AppendEntity(spot.at, out);
    case WebhookType::kDiscord:
      return AppendDiscordText(spot, out);
    default:
      return AppendTeamsText(spot, out);
  }
}

// Calls `take` with each code point that is not left out and with what it becomes, until
// it answers false. True where all were taken.
template <typename Take>
bool MarkUp(WebhookType type, Place place, std::string_view text, Take take) {
  std::string piece;
  Spot spot{.at = {}, .before = 0, .behind = 0, .rest = {}, .line_start = true};
  while (!text.empty()) {
    spot.at = FirstCodePoint(text);
    text.remove_prefix(spot.at.bytes.size());
    if (spot.at.value == '\r') {  // a line end, with its newline or without
      if (text.starts_with('\n')) continue;
      spot.at = {'\n', "\n"};
    }
    if (IsLeftOut(spot.at.value)) continue;
    spot.rest = text;
    spot.behind = text.empty() ? 0 : FirstCodePoint(text).value;
    piece.clear();
    AppendMarkedUp(type, place, spot, &piece);
    if (!take(spot.at.value, std::string_view(piece))) return false;
    spot.line_start =
        spot.at.value == '\n' || (spot.line_start && IsOneOf(spot.at.value, " \t"));
    spot.before = spot.at.value;
  }
  return true;
}

std::size_t JsonBytes(std::string_view text) {
  std::size_t bytes = text.size();
  for (const char c : text) {
    if (IsOneOf(static_cast<unsigned char>(c), "\"\\\b\f\n\r\t")) {
      bytes += 1;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      bytes += 5;
    }
  }
  return bytes;
}

std::size_t Utf16Units(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

}  // namespace

std::size_t CostOf(WebhookType type, std::string_view text) {
  return type == WebhookType::kMicrosoftTeams ? JsonBytes(text) : Utf16Units(text);
}

Place PlaceBehind(WebhookType type, std::string_view before) {
  const bool slack = type == WebhookType::kSlack;
  const std::size_t open = before.rfind(slack ? "<" : "](");
  if (open == std::string_view::npos) return Place::kText;
  const bool ended =
      before.find_first_of(slack ? ">| \t\r\n" : ") \t\r\n", open + 1) != before.npos;
  return ended ? Place::kText : Place::kLink;
}

std::size_t ValueCost(WebhookType type, Place place, const ValueText& value,
                      std::size_t most) {
  std::size_t cost = value.whole ? 0 : CostOf(type, kEllipsis);
  MarkUp(type, place, value.text, [&](char32_t, std::string_view piece) {
    cost += CostOf(type, piece);
    return cost <= most;
  });
  return cost;
}

void AppendValue(WebhookType type, Place place, const ValueText& value, std::size_t room,
                 std::string* out) {
  const std::size_t ellipsis = CostOf(type, kEllipsis);
  std::size_t cost = 0;
  std::size_t kept = out->size();  // what can stay where the value does not fit
  CutPoints cuts;
  bool whole =
      MarkUp(type, place, value.text, [&](char32_t code, std::string_view piece) {
        if (cuts.MayCutBefore(code) && cost + ellipsis <= room) kept = out->size();
        cost += CostOf(type, piece);
        if (cost > room) return false;
        out->append(piece);
        return true;
      });
  if (whole && value.whole) return;
  if (whole && cost + ellipsis <= room) kept = out->size();
  out->resize(kept);
  out->append(kEllipsis);
}

std::string WithLineEnds(WebhookType type, std::string_view text) {
  const std::string_view line_end = type == WebhookType::kMicrosoftTeams ? "\n\n" : "\n";
  std::string out;
  bool ended = false;  // the line, already
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && text.substr(i + 1).starts_with('\n')) continue;
    const bool ends = text[i] == '\n' || text[i] == '\r';
    if (!ends) {
      out.push_back(text[i]);
    } else if (!ended || line_end.size() == 1) {
      out.append(line_end);
    }
    ended = ends;
  }
  return out;
}

}  // namespace windrow::domain
