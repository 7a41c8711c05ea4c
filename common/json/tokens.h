// The tokens of RFC 8259, checked by the byte. Internal to common/json.
//
// Every scan begins at the token's first byte and needs a readable NUL behind the text
// (std::string has one): no token holds a NUL, so no scan runs past the end.
#pragma once

#include <string>
#include <string_view>

namespace windrow::json {

// Which byte breaks which rule.
struct TokenError {
  const char* at = nullptr;
  std::string rule;
};

// Scans a string from its opening quote. Returns the byte behind its closing quote, or
// nullptr with `*error` set. `*escaped` tells whether it holds a backslash. Does not look
// at UTF-8.
const char* ScanString(const char* begin, const char* end, bool* escaped,
                       TokenError* error);
// Scans a number from its sign or first digit; returns the byte behind it, or nullptr
// with `*error` set. What follows a number is not looked at, except a digit behind a
// leading zero.
const char* ScanNumber(const char* begin, const char* end, TokenError* error);

// For error texts: the byte at `at` ("'x'" or "byte 0x1f"), or "the end of the text".
std::string Describe(const char* at, const char* end);

// Appends the text of a scanned string's bytes between its quotes, escapes resolved.
void AppendUnescaped(std::string_view raw, std::string* out);

}  // namespace windrow::json
