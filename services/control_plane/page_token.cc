#include "services/control_plane/page_token.h"

#include <absl/strings/escaping.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "common/base/status.h"
#include "common/json/document.h"
#include "services/control_plane/time_limits.h"

namespace windrow::control_plane {
namespace {

constexpr std::size_t kQuestionBytes = 8;
constexpr std::string_view kNoToken =
    "is not a token: use next_page_token as it was given";

absl::Status Refused(std::string_view field, std::string_view rule) {
  Violations violations;
  violations.Add(std::string(field), std::string(rule));
  return violations.ToStatus();
}

// Only a token that was made up holds a negative one.
absl::StatusOr<std::int64_t> NumberOf(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) {
    number = number << 8 | static_cast<unsigned char>(byte);
  }
  if (number > INT64_MAX) return Refused("page_token", "is not a token");
  return static_cast<std::int64_t>(number);
}

std::string BytesOf(std::int64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(number) >> shift);
  }
  return bytes;
}

}  // namespace

PageTokens::PageTokens(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) {
    text += BytesOf(static_cast<std::int64_t>(part.size()));
    text += part;
  }
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash);
  question_.assign(reinterpret_cast<const char*>(hash), kQuestionBytes);
}

std::string PageTokens::MakeOf(std::string_view position) const {
  return absl::WebSafeBase64Escape(question_ + std::string(position));
}

std::string PageTokens::Make(const Uuid& position) const {
  return MakeOf(
      {reinterpret_cast<const char*>(position.bytes.data()), position.bytes.size()});
}

std::string PageTokens::Make(std::int64_t position) const {
  return MakeOf(BytesOf(position));
}

std::string PageTokens::MakeText(std::string_view position) const {
  return MakeOf(position);
}

std::string PageTokens::Make(const store::EventPosition& position) const {
  return MakeOf(BytesOf(absl::ToUnixMicros(position.received_at)) +
                BytesOf(position.escmsg_id));
}

absl::StatusOr<std::string> PageTokens::PositionOf(const std::string& token,
                                                   std::size_t least,
                                                   std::size_t most) const {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(token, &bytes) ||
      bytes.size() < kQuestionBytes + least || bytes.size() > kQuestionBytes + most) {
    return Refused("page_token", kNoToken);
  }
  if (!std::string_view(bytes).starts_with(question_)) {
    return Refused("page_token",
                   "belongs to another list: go on with the same filter and order_by, or "
                   "begin without a token");
  }
  return bytes.substr(kQuestionBytes);
}

absl::StatusOr<Uuid> PageTokens::ReadUuid(const std::string& token) const {
  Uuid uuid;
  constexpr std::size_t kSize = sizeof(uuid.bytes);
  WINDROW_ASSIGN_OR_RETURN(const std::string bytes, PositionOf(token, kSize, kSize));
  std::memcpy(uuid.bytes.data(), bytes.data(), bytes.size());
  return uuid;
}

absl::StatusOr<std::int64_t> PageTokens::ReadNumber(const std::string& token) const {
  WINDROW_ASSIGN_OR_RETURN(const std::string bytes,
                           PositionOf(token, sizeof(std::int64_t), sizeof(std::int64_t)));
  return NumberOf(bytes);
}

absl::StatusOr<store::EventPosition> PageTokens::ReadEvent(
    const std::string& token) const {
  constexpr std::size_t kSize = sizeof(std::int64_t);
  WINDROW_ASSIGN_OR_RETURN(const std::string bytes,
                           PositionOf(token, 2 * kSize, 2 * kSize));
  WINDROW_ASSIGN_OR_RETURN(const std::int64_t micros, NumberOf(bytes.substr(0, kSize)));
  WINDROW_ASSIGN_OR_RETURN(const std::int64_t number, NumberOf(bytes.substr(kSize)));
  const store::EventPosition position{absl::FromUnixMicros(micros), number};
  if (position.received_at > absl::FromUnixSeconds(kLastSecond)) {
    return Refused("page_token", kNoToken);
  }
  return position;
}

absl::StatusOr<std::string> PageTokens::ReadText(const std::string& token,
                                                 std::size_t most) const {
  WINDROW_ASSIGN_OR_RETURN(std::string text, PositionOf(token, 0, most));
  // Only a token that was made up holds another one.
  std::size_t offset = 0;
  if (!json::IsUtf8(text, &offset) || text.find('\0') != std::string::npos) {
    return Refused("page_token", kNoToken);
  }
  return text;
}

absl::StatusOr<int> PageSize(int asked, int most) {
  if (asked < 0) return Refused("page_size", "is negative: it is 1–1,000, or 0 for 50");
  if (asked == 0) return std::min(kDefaultPageSize, most);
  return std::min(asked, most);
}

}  // namespace windrow::control_plane
