// Page tokens: opaque to callers, and bound to the question that they continue.
#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/uuid.h"
#include "common/store/event_store.h"

namespace windrow::control_plane {

// The question that a list answers: which list, filter and order. A token of another one
// is refused.
class PageTokens {
 public:
  // `parts` are what the answer depends on beside the position, in a fixed order.
  explicit PageTokens(std::initializer_list<std::string_view> parts);

  std::string Make(const Uuid& position) const;
  std::string Make(std::int64_t position) const;
  std::string MakeText(std::string_view position) const;
  std::string Make(const store::EventPosition& position) const;
  // INVALID_ARGUMENT naming page_token where the text is no token, or one of another
  // question. Not for an empty text: that is the first page.
  absl::StatusOr<Uuid> ReadUuid(const std::string& token) const;
  absl::StatusOr<std::int64_t> ReadNumber(const std::string& token) const;
  // A text of at most `most` bytes: UTF-8 without U+0000.
  absl::StatusOr<std::string> ReadText(const std::string& token, std::size_t most) const;
  absl::StatusOr<store::EventPosition> ReadEvent(const std::string& token) const;

 private:
  std::string MakeOf(std::string_view position) const;
  // Of at least `least` and at most `most` bytes.
  absl::StatusOr<std::string> PositionOf(const std::string& token, std::size_t least,
                                         std::size_t most) const;

  std::string question_;  // 8 bytes of hash
};

inline constexpr int kDefaultPageSize = 50;
inline constexpr int kMaxPageSize = 1'000;

// The page size to use: the default for 0, at most `most`. INVALID_ARGUMENT for negative
// ones.
absl::StatusOr<int> PageSize(int asked, int most = kMaxPageSize);

// A page gets no further record once it has this many bytes: with one record of the
// largest size on top it stays below the 4 MiB that clients take by default.
inline constexpr std::size_t kMaxPageBytes = 2u << 20;

}  // namespace windrow::control_plane
