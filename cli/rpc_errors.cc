#include "cli/rpc_errors.h"

#include <absl/status/status.h>
#include <fmt/format.h>

#include <ostream>

#include "cli/flag_types.h"
#include "cli/table.h"
#include "windrow/internal/rpc_details.pb.h"

namespace windrow::cli {
namespace {

struct Details {
  std::string reason;
  internal::BadRequest bad_request;
  std::optional<absl::Duration> retry_delay;
};

bool Is(const google::protobuf::Any& any, std::string_view name) {
  return any.type_url() == fmt::format("type.googleapis.com/google.rpc.{}", name);
}

Details Decode(const grpc::Status& status) {
  Details details;
  internal::Status rpc;
  if (!rpc.ParseFromString(status.error_details())) return details;
  for (const google::protobuf::Any& any : rpc.details()) {
    internal::ErrorInfo info;
    internal::RetryInfo retry;
    if (Is(any, "ErrorInfo") && info.ParseFromString(any.value())) {
      details.reason = info.reason();
    } else if (Is(any, "BadRequest")) {
      details.bad_request.ParseFromString(any.value());
    } else if (Is(any, "RetryInfo") && retry.ParseFromString(any.value())) {
      details.retry_delay = absl::Seconds(retry.retry_delay().seconds()) +
                            absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  return details;
}

std::string WayOut(const grpc::Status& status, const Details& details,
                   const Session& session) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return fmt::format(
          "Is windrow-server running on {}? `windrow dev` starts one; --server or "
          "WINDROW_SERVER names another.",
          session.server);
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return fmt::format("No answer within {}; --deadline waits longer.",
                         absl::FormatDuration(session.timeout));
    case grpc::StatusCode::UNAUTHENTICATED:
      return "Send a key: WINDROW_API_KEY, or --api-key @FILE. With access to the "
             "database, `windrow api-key create --database-url URL` makes one.";
    case grpc::StatusCode::NOT_FOUND:
      return "The matching `list` command shows what there is.";
    case grpc::StatusCode::ABORTED:
      return "It was changed meanwhile: `get` it again, and use the new etag.";
    case grpc::StatusCode::UNIMPLEMENTED:
      return fmt::format("Is {} a windrow-server of this version?", session.server);
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      if (!details.retry_delay) return "";
      return fmt::format("Try again in {}.", absl::FormatDuration(*details.retry_delay));
    default:
      return "";
  }
}

}  // namespace

std::string CodeName(grpc::StatusCode code) {
  return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
}

std::string ErrorText(const grpc::Status& status, const Session& session) {
  const Details details = Decode(status);
  std::string text = CodeName(status.error_code());
  if (!details.reason.empty() && details.reason != text) {
    text += fmt::format(" ({})", details.reason);
  }
  const int fields = details.bad_request.field_violations_size();
  if (fields == 0) {
    text += fmt::format(": {}\n", Harmless(status.error_message(), false));
  } else {
    text += fmt::format(": {} wrong\n", fields == 1 ? "one field is" : "some fields are");
    for (const auto& violation : details.bad_request.field_violations()) {
      text += fmt::format("  {}{}{}\n", Harmless(violation.field(), false),
                          violation.field().empty() ? "" : ": ",
                          Harmless(violation.description(), false));
    }
  }
  const std::string way_out = WayOut(status, details, session);
  if (!way_out.empty()) text += way_out + "\n";
  return text;
}

std::optional<absl::Duration> RetryDelayOf(const grpc::Status& status) {
  return Decode(status).retry_delay;
}

int ExitCodeOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return kOk;
    case grpc::StatusCode::NOT_FOUND:
      return kNotFound;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return kUnavailable;
    default:
      return kFailed;
  }
}

int Fail(const Session& session, std::string_view what, const grpc::Status& status) {
  session.err << fmt::format("windrow: cannot {}: {}", what, ErrorText(status, session));
  return ExitCodeOf(status.error_code());
}

int Fail(const Session& session, std::string_view what, const absl::Status& status) {
  session.err << fmt::format("windrow: cannot {}: {}\n", what,
                             Harmless(std::string(status.message()), true));
  if (absl::IsNotFound(status)) return kNotFound;
  if (absl::IsInvalidArgument(status)) return kUsage;
  return absl::IsUnavailable(status) ? kUnavailable : kFailed;
}

int FailUsage(const Session& session, std::string_view message) {
  session.err << fmt::format("windrow: {}\n", message);
  return kUsage;
}

}  // namespace windrow::cli
