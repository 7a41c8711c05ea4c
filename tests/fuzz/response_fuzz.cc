// What endpoints answer: header lines, Retry-After, HTTP dates, and token answers.
//
//   header lines %% body
#include <algorithm>

#include "common/domain/http_date.h"
#include "common/domain/retry.h"
#include "common/http/client_credentials.h"
#include "common/http/response_head.h"
#include "common/http/sender.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

constexpr std::size_t kMostBytes = 4'096;
const absl::Time kNow = absl::FromUnixSeconds(1'795'600'800);

void CheckRetryAfter(std::string_view value) {
  const absl::Duration cap = absl::Hours(24);
  const auto wait = domain::ParseRetryAfter(value, kNow, cap);
  Require(!wait || (*wait >= absl::ZeroDuration() && *wait <= cap),
          "Retry-After lies within the cap");
  const auto date = domain::ParseHttpDate(value, kNow);
  Require(!date || (*date > absl::FromUnixSeconds(-62'167'219'201) &&
                    *date < absl::FromUnixSeconds(253'402'300'801)),
          "an HTTP date has a year of four digits");
  const domain::AttemptOutcome outcome{
      .complete = true, .status = 503, .retry_after = std::string(value)};
  const auto verdict = domain::Decide(outcome, {}, 1, kNow, 0.5);
  const auto* retry = std::get_if<domain::Retry>(&verdict);
  Require(retry != nullptr && retry->after >= absl::Seconds(5) && retry->after <= cap,
          "a retry is never before the schedule, nor past the cap");
}

http::Response ReadHead(std::string_view lines) {
  http::ResponseHead head;
  head.Begin(kMostBytes);
  std::size_t bytes = 0;
  http::Response response;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end);
    const bool complete = head.complete();
    if (!complete) bytes += line.size();
    const auto step = head.Add(line);
    if (step == http::ResponseHead::Step::kTooLarge) break;
    Require(!complete || step == http::ResponseHead::Step::kMore, "it is complete once");
  }
  Require(head.status() == 0 || (head.status() >= 0 && head.status() <= 999),
          "a status has three digits");
  Require(head.headers().size() <= 2 * std::min(bytes, kMostBytes),
          "no more is kept than came, but for line ends");
  if (head.retry_after()) CheckRetryAfter(*head.retry_after());
  response.status = head.status();
  response.headers = head.TakeHeaders();
  return response;
}

}  // namespace

WINDROW_FUZZ_TARGET(response) {
  const std::vector<std::string> parts = Parts(input, 2);
  http::Response response = ReadHead(parts[0]);
  CheckRetryAfter(parts[0].substr(0, parts[0].find('\n')));
  response.body = parts[1];
  response.body_bytes = static_cast<std::int64_t>(parts[1].size());
  const auto token = http::ReadToken(response);
  if (token.ok()) {
    Require(response.status >= 200 && response.status <= 299, "a token comes with a 2xx");
    Require(
        !token->value.empty() && token->value.size() <= http::kMaxAccessTokenBytes &&
            std::ranges::all_of(token->value, [](char c) { return c > 32 && c < 127; }),
        "a token can stand in a header");
    Require(token->lasts >= absl::ZeroDuration() && token->lasts <= absl::Hours(24),
            "a token lasts up to a day");
  } else {
    Require(absl::IsUnavailable(token.status()), "no token is no answer");
  }
}

}  // namespace windrow::fuzz
