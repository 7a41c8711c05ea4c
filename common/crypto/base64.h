// Base64 (RFC 4648, section 4) as signatures and key files use it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace windrow::crypto {

std::string EncodeBase64(std::string_view bytes);

// Strict: padded, no whitespace, no bits left over. Anything else is nullopt, so that a
// key has exactly one spelling.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace windrow::crypto
