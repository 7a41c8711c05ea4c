#include "workers/delivery/verdict.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

namespace windrow::delivery {
namespace {

using store::AttemptError;
using store::DeliveryState;

// http::ErrorKind is stored as it is.
static_assert(static_cast<int>(http::ErrorKind::kInternal) ==
              static_cast<int>(AttemptError::kInternal));
static_assert(static_cast<int>(http::ErrorKind::kToken) ==
              static_cast<int>(AttemptError::kToken));

AttemptError ErrorOf(const http::Response& response) {
  if (response.error != http::ErrorKind::kNone) {
    return static_cast<AttemptError>(response.error);
  }
  const bool success = response.status >= 200 && response.status <= 299;
  return success ? AttemptError::kNone : AttemptError::kHttp;
}

std::string StatusDetail(int status) {
  const bool redirect = status >= 300 && status <= 399 && status != 304;
  return fmt::format("the endpoint answered {}{}", status,
                     redirect ? "; redirects are not followed" : "");
}

store::Attempt ToAttempt(int attempt, bool keep_bodies, http::Response response) {
  store::Attempt result;
  result.attempt = attempt;
  result.started_at = response.started_at;
  result.duration = response.total;
  result.name_lookup = response.name_lookup;
  result.connect = response.connect;
  result.tls = response.tls;
  result.first_byte = response.first_byte;
  result.remote_address = std::move(response.remote_address);
  result.status_code = response.status;
  result.error = ErrorOf(response);
  result.error_detail = result.error == AttemptError::kHttp
                            ? StatusDetail(response.status)
                            : std::move(response.error_detail);
  result.response_bytes = response.body_bytes;
  if (keep_bodies) {
    result.response_headers = std::move(response.headers);
    result.response_body = std::move(response.body);
  }
  return result;
}

void ApplyVerdict(const domain::Verdict& verdict, int attempt, store::Outcome* outcome) {
  if (std::holds_alternative<domain::Succeed>(verdict)) {
    outcome->state = DeliveryState::kSucceeded;
  } else if (const auto* retry = std::get_if<domain::Retry>(&verdict)) {
    outcome->state = DeliveryState::kRetrying;
    outcome->retry_after = retry->after;
  } else {
    outcome->state = DeliveryState::kFailed;
    outcome->gone =
        std::get<domain::GiveUp>(verdict).reason == domain::GiveUpReason::kGone;
    outcome->reason =
        outcome->gone ? "the endpoint answered 410 (gone)"
                      : fmt::format("attempt {} was the last of the schedule", attempt);
  }
}

void CancelFor(std::string reason, store::Outcome* outcome) {
  outcome->keep_bodies = false;
  outcome->state = DeliveryState::kCancelled;
  outcome->reason = std::move(reason);
  outcome->attempt.reset();
}

}  // namespace

void Finish(const domain::RetryPolicy& policy, const Circumstances& circumstances,
            http::Response response, store::Outcome* outcome) {
  const domain::AttemptOutcome what{.complete = response.error == http::ErrorKind::kNone,
                                    .status = response.status,
                                    .retry_after = std::move(response.retry_after)};
  ApplyVerdict(
      domain::Decide(what, policy, circumstances.attempt - circumstances.resent_after,
                     circumstances.now, circumstances.random),
      circumstances.attempt, outcome);
  outcome->attempt =
      ToAttempt(circumstances.attempt, outcome->keep_bodies, std::move(response));
  outcome->attempt->request_bytes =
      static_cast<std::int64_t>(outcome->request_body.size());
  if (!outcome->keep_bodies) {
    outcome->request_headers.clear();
    outcome->request_body.clear();
  }
}

domain::EndpointReport ReportOf(const http::Response& response, absl::Time now) {
  domain::EndpointReport report;
  if (response.error == http::ErrorKind::kInternal) {
    report.sign = domain::EndpointSign::kNothing;
  } else if (response.error != http::ErrorKind::kNone || response.status == 429 ||
             response.status >= 500) {
    report.sign = domain::EndpointSign::kFailing;
  }
  const bool obeyed = response.status == 429 || response.status == 503;
  if (obeyed && response.retry_after) {
    report.retry_after =
        domain::ParseRetryAfter(*response.retry_after, now, absl::Hours(1))
            .value_or(absl::ZeroDuration());
  }
  return report;
}

void FinishUnsendable(const domain::RetryPolicy& policy,
                      const Circumstances& circumstances, std::string why,
                      store::Outcome* outcome) {
  outcome->keep_bodies = false;
  http::Response response;
  response.error = http::ErrorKind::kInternal;
  response.error_detail = std::move(why);
  response.started_at = circumstances.now;
  Finish(policy, circumstances, std::move(response), outcome);
  if (outcome->state == DeliveryState::kFailed) {
    outcome->reason = outcome->attempt->error_detail;
  }
}

void FinishAsPoison(const Circumstances& circumstances, int lost_leases,
                    store::Outcome* outcome) {
  outcome->keep_bodies = false;
  outcome->state = DeliveryState::kFailed;
  outcome->reason = fmt::format(
      "{} leases in a row ended without an outcome: it may have ended the workers that "
      "took it",
      lost_leases);
  store::Attempt attempt;
  attempt.attempt = circumstances.attempt;
  attempt.started_at = circumstances.now;
  attempt.error = AttemptError::kPoison;
  attempt.error_detail = outcome->reason;
  outcome->attempt = std::move(attempt);
}

void FailWithoutEvents(store::Outcome* outcome) {
  outcome->keep_bodies = false;
  outcome->state = DeliveryState::kFailed;
  outcome->reason = "an event of it is no longer stored, so it could not be rendered";
}

void Cancel(store::Outcome* outcome) {
  CancelFor("the webhook was disabled or deleted before the request started", outcome);
}

void DropLoop(int hops, int max_hops, store::Outcome* outcome) {
  CancelFor(fmt::format("dropped as a loop: after {} deliveries the event came back from "
                        "this webhook, whose max_hops is {}",
                        hops, max_hops),
            outcome);
}

}  // namespace windrow::delivery
