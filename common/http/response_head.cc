#include "common/http/response_head.h"

#include <algorithm>

#include "common/http/header_text.h"

namespace windrow::http {
namespace {

std::string_view TrimSpace(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "HTTP/1.1 204 No Content" (RFC 9112, 4).
int StatusOf(std::string_view status_line) {
  const std::size_t space = status_line.find(' ');
  if (space == std::string_view::npos) return 0;
  const std::string_view rest = status_line.substr(space + 1);
  const std::string_view digits = rest.substr(0, rest.find(' '));
  const bool number = digits.size() == 3 && std::ranges::all_of(digits, [](char c) {
                        return c >= '0' && c <= '9';
                      });
  if (!number) return 0;
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

// 101 ends HTTP on its connection; nothing final would follow it.
bool IsInterim(int status) { return status >= 100 && status < 200 && status != 101; }

}  // namespace

void ResponseHead::Begin(std::size_t max_bytes) {
  *this = {};
  max_bytes_ = max_bytes;
}

ResponseHead::Step ResponseHead::Add(std::string_view line) {
  if (complete_) return Step::kMore;
  bytes_ += line.size();
  ++lines_;
  // A flood of interim responses is no way around the limits.
  if (bytes_ > max_bytes_ || lines_ > kMaxLines) return Step::kTooLarge;
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return End();
  if (!status_line_seen_) {
    status_line_seen_ = true;
    status_ = StatusOf(line);
    return Step::kMore;
  }
  if (IsInterim(status_)) return Step::kMore;
  headers_.append(line).append("\r\n");
  constexpr std::string_view kRetryAfter = "retry-after:";
  if (StartsWithIgnoringCase(line, kRetryAfter) && !retry_after_) {
    retry_after_ = std::string(TrimSpace(line.substr(kRetryAfter.size())));
  }
  return Step::kMore;
}

ResponseHead::Step ResponseHead::End() {
  if (!IsInterim(status_)) {
    complete_ = true;
    return Step::kComplete;
  }
  status_ = 0;
  status_line_seen_ = false;
  return Step::kMore;
}

}  // namespace windrow::http
