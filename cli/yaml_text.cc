#include "cli/yaml_text.h"

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "common/json/document.h"

namespace windrow::cli {
namespace {

constexpr std::string_view kWords[] = {"null", "true", "false", "yes", "no",
                                       "on",   "off",  "y",     "n",   "~"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t SkipDigits(std::string_view text, std::size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

bool IsPlainCharacter(char c, bool in_flow) {
  if (absl::ascii_isalnum(static_cast<unsigned char>(c))) return true;
  constexpr std::string_view kAlways = "_./- ";
  constexpr std::string_view kInBlock = "@:?=&%+~$()";
  return kAlways.find(c) != kAlways.npos ||
         (!in_flow && kInBlock.find(c) != kInBlock.npos);
}

bool IsPlain(std::string_view text, bool in_flow) {
  const bool starts_well =
      !text.empty() && (absl::ascii_isalpha(text[0]) || text[0] == '_' || text[0] == '/');
  if (!starts_well || text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != text.npos || text.find("  ") != text.npos) return false;
  return std::ranges::all_of(text,
                             [&](char c) { return IsPlainCharacter(c, in_flow); }) &&
         !LooksLikeOtherThanText(text);
}

std::string Quoted(std::string_view text) {
  std::string json;
  json::AppendString(text, &json);
  std::string out;
  for (const char c : json) {
    if (c == 0x7f) {
      out += "\\x7f";  // the one control character that JSON leaves as it is
    } else {
      out += c;
    }
  }
  return out;
}

// Whether a literal block gives `text` back: its first line says the indentation, and
// white space at a line's end would be there without being seen.
bool IsLiteral(std::string_view text) {
  if (text.find('\n') == text.npos || text.find('\r') != text.npos) return false;
  if (text[0] == '\n' || text.ends_with("\n\n")) return false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const bool starts_blank = at == 0 && (line.starts_with(' ') || line.empty());
    const bool has_tab_first = line.starts_with('\t');
    if (starts_blank || has_tab_first || line.ends_with(' ') || line.ends_with('\t')) {
      return false;
    }
    at = end + 1;
  }
  return std::ranges::none_of(text, [](char c) {
    return (c >= 0 && c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
  });
}

}  // namespace

std::string YamlText(std::string_view text) {
  return IsPlain(text, false) ? std::string(text) : Quoted(text);
}

std::string YamlFlowText(std::string_view text) {
  return IsPlain(text, true) ? std::string(text) : Quoted(text);
}

std::string YamlBlockText(std::string_view text, const std::string& indent) {
  if (!IsLiteral(text)) return YamlText(text);
  std::string out = text.ends_with('\n') ? "|" : "|-";
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += '\n';
    if (end > at) out += indent + std::string(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

bool IsJsonNumber(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = at;
  at = SkipDigits(text, at);
  if (at == whole || (text[whole] == '0' && at > whole + 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = SkipDigits(text, at + 1);
    if (end == at + 1) return false;
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t end = SkipDigits(text, at);
    if (end == at) return false;
    at = end;
  }
  return at == text.size();
}

bool LooksLikeOtherThanText(std::string_view plain) {
  if (plain.empty()) return true;
  const std::string lower = absl::AsciiStrToLower({plain.data(), plain.size()});
  if (std::ranges::find(kWords, lower) != std::end(kWords)) return true;
  std::string_view rest = lower;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == ".inf" || rest == ".nan") return true;
  if (rest.starts_with("0x") || rest.starts_with("0o") || rest.starts_with("0b")) {
    return true;
  }
  const bool starts =
      !rest.empty() &&
      (IsDigit(rest[0]) || (rest.size() > 1 && rest[0] == '.' && IsDigit(rest[1])));
  // 1.10.3 and 2026-11-25 are texts to everyone; 1_000, 1e3, 1. and 007 are not.
  return starts && std::ranges::count(rest, '.') <= 1 &&
         rest.find_first_not_of("0123456789_.e+-") == rest.npos &&
         std::ranges::count(rest, '-') + std::ranges::count(rest, '+') <=
             std::ranges::count(rest, 'e');
}

}  // namespace windrow::cli
