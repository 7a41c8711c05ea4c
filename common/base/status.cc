#include "common/base/status.h"

#include <absl/strings/cord.h>

#include <cstdint>
#include <cstring>
#include <optional>

namespace windrow {
namespace {

constexpr char kReasonUrl[] = "windrow/reason";
constexpr char kViolationsUrl[] = "windrow/violations";

// The payload is a run of strings, each behind its length: field, rule, field, rule, …
// It stays inside the process, so the machine's own byte order will do.
void AppendSized(std::string_view text, std::string* out) {
  const auto size = static_cast<std::uint32_t>(text.size());
  char bytes[sizeof size];
  std::memcpy(bytes, &size, sizeof size);
  out->append(bytes, sizeof size).append(text);
}

std::optional<std::string> TakeSized(std::string_view* in) {
  std::uint32_t size = 0;
  if (in->size() < sizeof size) return std::nullopt;
  std::memcpy(&size, in->data(), sizeof size);
  in->remove_prefix(sizeof size);
  if (in->size() < size) return std::nullopt;
  std::string text(in->substr(0, size));
  in->remove_prefix(size);
  return text;
}

}  // namespace

void Violations::Add(std::string field, std::string rule) {
  list_.push_back({std::move(field), std::move(rule)});
}

absl::Status Violations::ToStatus() const {
  if (empty()) return absl::OkStatus();
  std::string message;
  std::string payload;
  for (const Violation& violation : list_) {
    if (!message.empty()) message += "; ";
    message.append(violation.field).append(": ").append(violation.rule);
    AppendSized(violation.field, &payload);
    AppendSized(violation.rule, &payload);
  }
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kViolationsUrl, absl::Cord(payload));
  return status;
}

absl::Status WithReason(absl::Status status, std::string_view reason) {
  status.SetPayload(kReasonUrl, absl::Cord(std::string(reason)));
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kReasonUrl);
  return payload ? std::string(*payload) : std::string();
}

std::vector<Violation> ViolationsOf(const absl::Status& status) {
  std::vector<Violation> list;
  const auto payload = status.GetPayload(kViolationsUrl);
  if (!payload) return list;
  const std::string bytes(*payload);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    std::optional<std::string> field = TakeSized(&rest);
    std::optional<std::string> rule = TakeSized(&rest);
    if (!field || !rule) break;
    list.push_back({*std::move(field), *std::move(rule)});
  }
  return list;
}

}  // namespace windrow
