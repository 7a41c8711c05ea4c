// UUIDs (RFC 9562): version 7 for ids that sort by time, version 5 for derived ids.
#pragma once

#include <absl/time/time.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace windrow {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;

  // 36 characters, lower case: "0192f0c4-…".
  std::string ToString() const;
  void AppendTo(std::string* out) const;
  // Accepts the 36-character form in either case, nothing else.
  static std::optional<Uuid> Parse(std::string_view text);

  // The instant in a version 7 id, to the millisecond.
  absl::Time time() const;
};

// Makes version 7 ids that grow strictly within one generator, also inside one
// millisecond. Not thread-safe: one per thread.
class UuidV7Generator {
 public:
  UuidV7Generator();
  // `now` may stand still or go back; the ids still grow.
  Uuid Next(absl::Time now);

 private:
  std::uint64_t last_ms_ = 0;
  std::uint32_t counter_ = 0;
  std::uint64_t NextRandom();
  std::array<std::uint64_t, 2> random_state_{};
};

// The version 5 id of `name` in `space` (SHA-1, RFC 9562 section 5.5).
Uuid UuidV5(const Uuid& space, std::string_view name);

// Where in the queue's index a webhook's rows are: 0–1023, the low ten bits of its id.
// Workers look for what is due in slices of it.
std::int16_t BucketOf(const Uuid& webhook_id);

}  // namespace windrow

template <>
struct std::hash<windrow::Uuid> {
  std::size_t operator()(const windrow::Uuid& id) const noexcept;
};
