// The JSON object that the bench publishes, and how the sink knows it again.
//
//   {"bench":"S<sequence>.<sent>.<hash>","id":9007199254740993,"estimate":1.10,…}
//
// The hash is of sequence, time and every byte after it, so an object that arrives with
// another number format, key order or text, or with another event's bytes, is found out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace windrow::bench {

inline constexpr std::size_t kLeastObjectBytes = 256;

// Mixes all 64 bits of both into all 64 of the result.
std::uint64_t Mix(std::uint64_t a, std::uint64_t b);

// Makes an object of `bytes` bytes (at least kLeastObjectBytes) with blanks for the
// stamp. The text in it comes from a fixed random source: words, so that it compresses
// about as well as what people write.
std::string MakeObject(std::size_t bytes);

// Writes sequence, time and hash into an object that MakeObject made. `object` points at
// its bytes wherever they were copied to.
void StampObject(char* object, std::size_t bytes, std::uint64_t sequence,
                 std::uint64_t sent);

struct FoundObject {
  std::uint64_t sequence = 0;
  std::uint64_t sent = 0;  // CLOCK_MONOTONIC, ns
  bool intact = false;     // the hash is right
  std::size_t begin = 0;   // of the object, in the searched text
  std::size_t end = 0;
};

// The next stamped object of `text` at or after `from`.
std::optional<FoundObject> FindObject(std::string_view text, std::size_t from);

}  // namespace windrow::bench
