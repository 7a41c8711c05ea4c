#include "common/domain/header_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/domain/text.h"

namespace windrow::domain {
namespace {

constexpr std::string_view kSenderHeaders[] = {
    "connection", "content-length",    "content-type", "expect",
    "host",       "http2-settings",    "keep-alive",   "te",
    "trailer",    "transfer-encoding", "upgrade"};
constexpr std::string_view kSenderPrefixes[] = {"proxy-", "webhook-", "windrow-"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsToken(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// The rule that a name breaks, or "". `seen` holds the names before it, in lower case.
std::string NameRule(std::string_view name, bool has_auth, std::set<std::string>* seen) {
  if (name.size() > kMaxHeaderNameBytes) {
    return fmt::format("has {} bytes: shorten it to at most {}", name.size(),
                       kMaxHeaderNameBytes);
  }
  if (!IsToken(name)) {
    return "must be an HTTP token: letters, digits and !#$%&'*+-.^_`|~, at least one";
  }
  if (IsSenderHeader(name)) {
    return fmt::format("{} is set by the sender: remove it", name);
  }
  const std::string lower = Lower(name);
  if (has_auth && lower == "authorization") {
    return "is set from basic_auth, bearer_auth or oauth2: remove it, or that";
  }
  if (!seen->insert(lower).second) {
    return fmt::format(
        "{} stands here twice (case does not count): join the values in "
        "one",
        name);
  }
  return {};
}

}  // namespace

bool IsSenderHeader(std::string_view name) {
  const std::string lower = Lower(name);
  return std::ranges::find(kSenderHeaders, lower) != std::end(kSenderHeaders) ||
         std::ranges::any_of(kSenderPrefixes, [&](std::string_view prefix) {
           return lower.starts_with(prefix);
         });
}

void CheckHeaders(const std::vector<Header>& headers, bool has_auth,
                  const std::string& path, Violations* violations) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < std::min(headers.size(), kMaxHeaders); ++i) {
    const std::string field = fmt::format("{}[{}]", path, i);
    std::string rule = NameRule(headers[i].name, has_auth, &seen);
    if (!rule.empty()) violations->Add(field + ".name", std::move(rule));
    CheckText(headers[i].value, {.max = kMaxHeaderValueBytes, .refuse_controls = true},
              field + ".value", violations);
  }
}

}  // namespace windrow::domain
