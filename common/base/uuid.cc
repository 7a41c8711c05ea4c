#include "common/base/uuid.h"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>

namespace windrow {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::size_t kTextSize = 36;
// The last instant that 48 bits of milliseconds hold (the year 10889).
constexpr std::uint64_t kMaxMs = (std::uint64_t{1} << 48) - 1;
// 12 bits of rand_a and the first 14 of rand_b (RFC 9562, 6.2, method 1). A millisecond
// starts in the lower half, so that at least 33 million ids fit behind the start.
constexpr int kCounterBits = 26;
constexpr std::uint32_t kCounterEnd = 1u << kCounterBits;

constexpr bool IsHyphenPlace(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void SetVersion(int version, Uuid* id) {
  id->bytes[6] = static_cast<std::uint8_t>((id->bytes[6] & 0x0f) | (version << 4));
  id->bytes[8] = static_cast<std::uint8_t>((id->bytes[8] & 0x3f) | 0x80);
}

// Ids are derived once per item on the hot path: the algorithm is looked up once in the
// process and the context kept per thread, both of which cost more than the hash itself.
std::array<std::uint8_t, 20> Sha1(const Uuid& space, std::string_view name) {
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  std::array<std::uint8_t, 20> digest;
  const bool done =
      sha1 != nullptr && context != nullptr &&
      EVP_DigestInit_ex2(context.get(), sha1, nullptr) == 1 &&
      EVP_DigestUpdate(context.get(), space.bytes.data(), space.bytes.size()) == 1 &&
      EVP_DigestUpdate(context.get(), name.data(), name.size()) == 1 &&
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  // Without SHA-1 every derived id would be wrong and collide: no way to go on.
  if (!done) std::abort();
  return digest;
}

}  // namespace

std::string Uuid::ToString() const {
  std::string text;
  AppendTo(&text);
  return text;
}

void Uuid::AppendTo(std::string* out) const {
  char text[kTextSize];
  char* next = text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *next++ = '-';
    *next++ = kHexDigits[bytes[i] >> 4];
    *next++ = kHexDigits[bytes[i] & 0x0f];
  }
  out->append(text, kTextSize);
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  Uuid id;
  std::size_t digit = 0;
  for (std::size_t i = 0; i < kTextSize; ++i) {
    if (IsHyphenPlace(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = HexValue(text[i]);
    if (value < 0) return std::nullopt;
    const int shift = digit % 2 == 0 ? 4 : 0;
    id.bytes[digit / 2] = static_cast<std::uint8_t>(id.bytes[digit / 2] | value << shift);
    ++digit;
  }
  return id;
}

absl::Time Uuid::time() const {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | bytes[i];
  return absl::FromUnixMillis(ms);
}

UuidV7Generator::UuidV7Generator() {
  std::random_device entropy;
  for (std::uint64_t& word : random_state_) {
    word = std::uint64_t{entropy()} << 32 | entropy();
  }
  // The generator below never leaves the state that is all zero.
  random_state_[0] |= 1;
}

// xoroshiro128++ of Blackman and Vigna: ids are unique, not secret.
std::uint64_t UuidV7Generator::NextRandom() {
  const std::uint64_t a = random_state_[0];
  const std::uint64_t b = random_state_[1] ^ a;
  const std::uint64_t result = std::rotl(a + random_state_[1], 17) + a;
  random_state_[0] = std::rotl(a, 49) ^ b ^ (b << 21);
  random_state_[1] = std::rotl(b, 28);
  return result;
}

Uuid UuidV7Generator::Next(absl::Time now) {
  const auto ms = static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(absl::ToUnixMillis(now), 0, kMaxMs));
  const std::uint64_t random = NextRandom();
  if (ms > last_ms_) {
    last_ms_ = ms;
    counter_ = static_cast<std::uint32_t>(random >> (64 - (kCounterBits - 1)));
  } else if (++counter_ == kCounterEnd) {
    last_ms_ = std::min(last_ms_ + 1, kMaxMs);
    counter_ = 0;
  }

  Uuid id;
  for (std::size_t i = 0; i < 6; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(last_ms_ >> (40 - 8 * i));
  }
  id.bytes[6] = static_cast<std::uint8_t>(counter_ >> 22);
  id.bytes[7] = static_cast<std::uint8_t>(counter_ >> 14);
  id.bytes[8] = static_cast<std::uint8_t>(counter_ >> 8 & 0x3f);
  id.bytes[9] = static_cast<std::uint8_t>(counter_);
  for (std::size_t i = 0; i < 6; ++i) {
    id.bytes[10 + i] = static_cast<std::uint8_t>(random >> (8 * i));
  }
  SetVersion(7, &id);
  return id;
}

Uuid UuidV5(const Uuid& space, std::string_view name) {
  const std::array<std::uint8_t, 20> digest = Sha1(space, name);
  Uuid id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  SetVersion(5, &id);
  return id;
}

std::int16_t BucketOf(const Uuid& webhook_id) {
  return static_cast<std::int16_t>((webhook_id.bytes[14] & 0x03) << 8 |
                                   webhook_id.bytes[15]);
}

}  // namespace windrow

std::size_t std::hash<windrow::Uuid>::operator()(const windrow::Uuid& id) const noexcept {
  std::uint64_t high;
  std::uint64_t low;
  std::memcpy(&high, id.bytes.data(), sizeof high);
  std::memcpy(&low, id.bytes.data() + sizeof high, sizeof low);
  return high * 0x9e3779b97f4a7c15u ^ low;
}
