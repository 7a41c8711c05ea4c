#include "services/control_plane/status_mapping.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/status.h"
#include "services/control_plane/error_text.h"
#include "services/control_plane/proto_time.h"
#include "windrow/internal/rpc_details.pb.h"

namespace windrow::control_plane {
namespace {

constexpr char kDomain[] = "windrow.dev";
constexpr char kTypePrefix[] = "type.googleapis.com/google.rpc.";
constexpr char kRetryDelay[] = "windrow.dev/retry_delay";
// In base64, and with a message whose every byte is percent-encoded, below 8 KiB.
constexpr std::size_t kMaxMessageBytes = 400;
constexpr std::size_t kMaxViolationBytes = 4'400;

std::string Message(const absl::Status& status) {
  const std::string_view text(status.message().data(), status.message().size());
  if (status.code() != absl::StatusCode::kInternal &&
      status.code() != absl::StatusCode::kDataLoss) {
    return Shown(text, kMaxMessageBytes);
  }
  Log(LogLevel::kError, "call_failed", {{"error", text}});
  return "Windrow's own fault: its log says more";
}

std::string Reason(const absl::Status& status) {
  std::string reason = ReasonOf(status);
  if (!reason.empty()) return reason;
  if (status.code() == absl::StatusCode::kInvalidArgument) return "INVALID_FIELD";
  return absl::StatusCodeToString(status.code());
}

// How long to wait before the same call again; none: it would be refused again.
std::optional<absl::Duration> RetryDelayOf(const absl::Status& status) {
  constexpr absl::Duration kSoon = absl::Seconds(1);
  if (const auto text = status.GetPayload(kRetryDelay)) {
    absl::Duration said;
    if (absl::ParseDuration(std::string(*text), &said)) return said;
  }
  if (absl::IsUnavailable(status)) return kSoon;
  if (!absl::IsResourceExhausted(status)) return std::nullopt;
  constexpr std::pair<std::string_view, std::optional<absl::Duration>> kOthers[] = {
      {"", std::nullopt},  // a size
      {"EVENT_TOO_LARGE", std::nullopt},
      {"TOO_MANY_API_KEYS", std::nullopt},
      {"TOO_MANY_EVENT_TYPES", std::nullopt},
      // It waited for 10 s already.
      {"DATABASE_POOL_EXHAUSTED", absl::Seconds(5)},
      // Until one of these has ended, which is rarely soon.
      {"TOO_MANY_OPERATIONS", absl::Seconds(10)},
      {"TOO_MANY_STREAMS", absl::Seconds(10)},
      {"TOO_MANY_WATCHES", absl::Seconds(10)},
  };
  const std::string reason = ReasonOf(status);
  for (const auto& [other, delay] : kOthers) {
    if (other == reason) return delay;
  }
  return kSoon;
}

void AddDetail(const google::protobuf::MessageLite& detail, std::string_view name,
               internal::Status* rpc) {
  google::protobuf::Any* any = rpc->add_details();
  any->set_type_url(fmt::format("{}{}", kTypePrefix, name));
  detail.SerializeToString(any->mutable_value());
}

internal::BadRequest ToBadRequest(const std::vector<Violation>& violations) {
  internal::BadRequest bad;
  for (Violation& violation : ShownViolations(violations, kMaxViolationBytes)) {
    auto* entry = bad.add_field_violations();
    entry->set_field(std::move(violation.field));
    entry->set_description(std::move(violation.rule));
  }
  return bad;
}

}  // namespace

absl::Status WithRetryDelay(absl::Status status, absl::Duration delay) {
  status.SetPayload(kRetryDelay, absl::Cord(absl::FormatDuration(delay)));
  return status;
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  internal::Status rpc;
  rpc.set_code(static_cast<int>(status.code()));
  rpc.set_message(Message(status));
  internal::ErrorInfo info;
  info.set_reason(Reason(status));
  info.set_domain(kDomain);
  AddDetail(info, "ErrorInfo", &rpc);
  const std::vector<Violation> violations = ViolationsOf(status);
  if (!violations.empty()) AddDetail(ToBadRequest(violations), "BadRequest", &rpc);
  if (const auto delay = RetryDelayOf(status)) {
    internal::RetryInfo retry;
    DurationToProto(*delay, retry.mutable_retry_delay());
    AddDetail(retry, "RetryInfo", &rpc);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), rpc.message(),
                      rpc.SerializeAsString());
}

}  // namespace windrow::control_plane
