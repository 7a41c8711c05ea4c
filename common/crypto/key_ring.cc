#include "common/crypto/key_ring.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "common/base/status.h"
#include "common/crypto/base64.h"

namespace windrow::crypto {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceAt = 5;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kCipherAt = kNonceAt + kNonceBytes;
constexpr std::size_t kTagBytes = 16;

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Sealing has no way to fail but an OpenSSL without memory, AES or randomness; to go on
// would store a secret in clear or under a repeated nonce.
void Require(bool ok) {
  if (!ok) std::abort();
}

std::string RandomBytes(std::size_t size) {
  std::string bytes(size, '\0');
  Require(RAND_bytes(Bytes(bytes), static_cast<int>(size)) == 1);
  return bytes;
}

std::string BigEndian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::uint32_t ReadBigEndian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<std::uint32_t> ParseKeyId(std::string_view text) {
  std::uint32_t id = 0;
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, id);
  if (error != std::errc() || rest != end || id == 0) return std::nullopt;
  return id;
}

// Errors name the line, never what is in it: it may be a key.
absl::StatusOr<std::pair<std::uint32_t, std::string>> ParseLine(std::string_view line,
                                                                int number) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format(
        "key ring, line {}: not of the form <id>:<base64 of 32 bytes>", number));
  }
  std::optional<std::uint32_t> id = ParseKeyId(line.substr(0, colon));
  if (!id) {
    return absl::InvalidArgumentError(
        fmt::format("key ring, line {}: the id is not in 1-4294967295", number));
  }
  std::optional<std::string> key = DecodeBase64(line.substr(colon + 1));
  if (!key || key->size() != kKeyBytes) {
    return absl::InvalidArgumentError(
        fmt::format("key ring, line {}: the key is not base64 of 32 bytes", number));
  }
  return std::pair(*id, *std::move(key));
}

}  // namespace

absl::StatusOr<KeyRing> KeyRing::Parse(std::string_view text) {
  KeyRing ring;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty() || line.front() == '#') continue;

    auto entry = ParseLine(line, number);
    if (!entry.ok()) return entry.status();
    if (ring.sealing_id_ == 0) ring.sealing_id_ = entry->first;
    const std::uint32_t id = entry->first;
    if (!ring.keys_.insert(*std::move(entry)).second) {
      return absl::InvalidArgumentError(
          fmt::format("key ring, line {}: key id {} is there twice", number, id));
    }
  }
  if (ring.keys_.empty()) return absl::InvalidArgumentError("key ring: it has no key");
  return ring;
}

absl::StatusOr<KeyRing> KeyRing::Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    if (error == ENOENT) {
      return absl::NotFoundError(
          fmt::format("there is no key ring at {0}; make one with: windrow keys generate "
                      "--key-ring-file {0}",
                      path));
    }
    return absl::FailedPreconditionError(
        fmt::format("the key ring {} cannot be read: {}", path, std::strerror(error)));
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) {
    return absl::FailedPreconditionError(
        fmt::format("the key ring {} cannot be read: {}", path, std::strerror(errno)));
  }
  absl::StatusOr<KeyRing> ring = Parse(text);
  if (!ring.ok()) {
    return absl::Status(
        ring.status().code(),
        fmt::format("{}: {}", path, std::string(ring.status().message())));
  }
  return ring;
}

std::string KeyRing::GenerateText() { return GenerateLine(1); }

std::string KeyRing::GenerateLine(std::uint32_t id) {
  return fmt::format("{}:{}\n", id, EncodeBase64(RandomBytes(kKeyBytes)));
}

std::optional<std::uint32_t> KeyRing::SealedBy(std::string_view box) {
  if (box.size() < kCipherAt + kTagBytes || box.front() != kVersion) return std::nullopt;
  return ReadBigEndian(box.substr(1));
}

std::vector<std::uint32_t> KeyRing::ids() const {
  std::vector<std::uint32_t> ids;
  for (const auto& [id, key] : keys_) ids.push_back(id);
  return ids;
}

std::string KeyRing::Seal(std::string_view plain, std::string_view associated) const {
  const std::string& key = keys_.at(sealing_id_);
  std::string box(1, kVersion);
  box += BigEndian(sealing_id_);
  box += RandomBytes(kNonceBytes);
  box.resize(kCipherAt + plain.size() + kTagBytes);
  unsigned char* out = Bytes(box);

  const CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  EVP_CIPHER_CTX* c = context.get();
  int size = 0;
  Require(c != nullptr &&
          EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), nullptr, Bytes(std::string_view(key)),
                             out + kNonceAt) == 1 &&
          EVP_EncryptUpdate(c, nullptr, &size, Bytes(associated),
                            static_cast<int>(associated.size())) == 1 &&
          EVP_EncryptUpdate(c, out + kCipherAt, &size, Bytes(plain),
                            static_cast<int>(plain.size())) == 1 &&
          EVP_EncryptFinal_ex(c, out + kCipherAt + size, &size) == 1 &&
          EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, kTagBytes,
                              out + kCipherAt + plain.size()) == 1);
  return box;
}

absl::StatusOr<std::string> KeyRing::Open(std::string_view box,
                                          std::string_view associated) const {
  const std::optional<std::uint32_t> id = SealedBy(box);
  if (!id) {
    return absl::DataLossError("sealed secret: not a box of a version that is known");
  }
  const auto key = keys_.find(*id);
  if (key == keys_.end()) {
    return WithReason(absl::FailedPreconditionError(
                          fmt::format("the key ring lacks key {}, under which the "
                                      "webhook's secrets are sealed; put "
                                      "it back in the ring",
                                      *id)),
                      "SECRETS_KEY_MISSING");
  }
  const std::string_view cipher =
      box.substr(kCipherAt, box.size() - kCipherAt - kTagBytes);
  std::string tag(box.substr(box.size() - kTagBytes));
  std::string plain(cipher.size(), '\0');

  const CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  EVP_CIPHER_CTX* c = context.get();
  int size = 0;
  const bool opened =
      c != nullptr &&
      EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), nullptr,
                         Bytes(std::string_view(key->second)),
                         Bytes(box.substr(kNonceAt))) == 1 &&
      EVP_DecryptUpdate(c, nullptr, &size, Bytes(associated),
                        static_cast<int>(associated.size())) == 1 &&
      EVP_DecryptUpdate(c, Bytes(plain), &size, Bytes(cipher),
                        static_cast<int>(cipher.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(c, Bytes(plain) + size, &size) == 1;
  if (!opened) {
    return absl::DataLossError(
        "sealed secret: it was altered, or moved from another place, or its key id now "
        "names another key");
  }
  return plain;
}

}  // namespace windrow::crypto
