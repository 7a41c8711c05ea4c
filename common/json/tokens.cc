#include "common/json/tokens.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <cstring>

namespace windrow::json {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsPlain(char c) {
  return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
}

// Skips the bytes that stand for themselves in a string, eight at a time: keys and texts
// are most of an event.
const char* SkipPlain(const char* p, const char* end) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  constexpr std::uint64_t kHighs = kOnes * 0x80;
  while (end - p >= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t backslash = word ^ (kOnes * '\\');
    // Sets the high bit of each byte that is not plain, and at worst also of bytes after
    // the first such one.
    const std::uint64_t found =
        (((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) |
         ((word - kOnes * 0x20) & ~word)) &
        kHighs;
    if (found != 0) {
      if constexpr (std::endian::native == std::endian::little) {
        return p + std::countr_zero(found) / 8;
      }
      break;
    }
    p += 8;
  }
  while (IsPlain(*p)) ++p;
  return p;
}

// The value of the four hex digits at `p`, or -1.
int HexQuad(const char* p) {
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    int digit = 0;
    if (IsDigit(c)) {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = c - 'A' + 10;
    } else {
      return -1;
    }
    value = value << 4 | digit;
  }
  return value;
}

bool IsHighSurrogate(int unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool IsLowSurrogate(int unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

const char* Fail(const char* at, std::string rule, TokenError* error) {
  error->at = at;
  error->rule = std::move(rule);
  return nullptr;
}

// Scans `\uXXXX`, and its second half where it is the first of a surrogate pair.
const char* ScanUnicodeEscape(const char* begin, TokenError* error) {
  const int unit = HexQuad(begin + 2);
  if (unit < 0) return Fail(begin, "four hex digits must follow \\u", error);
  const char* next = begin + 6;
  if (IsHighSurrogate(unit) && next[0] == '\\' && next[1] == 'u' &&
      IsLowSurrogate(HexQuad(next + 2))) {
    return next + 6;
  }
  if (IsHighSurrogate(unit) || IsLowSurrogate(unit)) {
    return Fail(
        begin,
        fmt::format("\\u{:04x} is a lone surrogate, no character; surrogates come "
                    "in pairs",
                    unit),
        error);
  }
  return next;
}

const char* ScanEscape(const char* begin, const char* end, TokenError* error) {
  switch (begin[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return begin + 2;
    case 'u':
      return ScanUnicodeEscape(begin, error);
    default:
      return Fail(begin,
                  fmt::format("a backslash before {} is no escape that JSON knows",
                              Describe(begin + 1, end)),
                  error);
  }
}

void AppendUtf8(int code, std::string* out) {
  const auto put = [out](int byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

// Appends what the scanned escape at `p` stands for; returns its length.
std::size_t AppendEscape(const char* p, std::string* out) {
  switch (p[1]) {
    case 'b':
      *out += '\b';
      return 2;
    case 'f':
      *out += '\f';
      return 2;
    case 'n':
      *out += '\n';
      return 2;
    case 'r':
      *out += '\r';
      return 2;
    case 't':
      *out += '\t';
      return 2;
    case 'u':
      break;
    default:
      *out += p[1];
      return 2;
  }
  const int unit = HexQuad(p + 2);
  if (!IsHighSurrogate(unit)) {
    AppendUtf8(unit, out);
    return 6;
  }
  AppendUtf8(0x10000 + ((unit - 0xd800) << 10) + (HexQuad(p + 8) - 0xdc00), out);
  return 12;
}

}  // namespace

const char* ScanString(const char* begin, const char* end, bool* escaped,
                       TokenError* error) {
  *escaped = false;
  const char* p = begin + 1;
  for (;;) {
    p = SkipPlain(p, end);
    if (*p == '"') return p + 1;
    if (*p != '\\') break;
    *escaped = true;
    p = ScanEscape(p, end, error);
    if (p == nullptr) return nullptr;
  }
  if (p == end) {
    return Fail(p, "the text ends inside a string", error);
  }
  return Fail(p,
              fmt::format("a control character in a string must be escaped: \\u{:04x}",
                          static_cast<unsigned char>(*p)),
              error);
}

const char* ScanNumber(const char* begin, const char* end, TokenError* error) {
  const char* p = begin;
  const auto digits = [&](std::string_view behind) {
    if (!IsDigit(*p)) {
      Fail(p,
           fmt::format("a digit must follow {} in a number, not {}", behind,
                       Describe(p, end)),
           error);
      return false;
    }
    while (IsDigit(*p)) ++p;
    return true;
  };

  if (*p == '-') ++p;
  if (*p == '0') {
    ++p;
    if (IsDigit(*p)) return Fail(p, "a number must not have a leading zero", error);
  } else if (!digits("the minus sign")) {
    return nullptr;
  }
  if (*p == '.') {
    ++p;
    if (!digits("the decimal point")) return nullptr;
  }
  if (*p == 'e' || *p == 'E') {
    ++p;
    if (*p == '+' || *p == '-') ++p;
    if (!digits("the exponent's mark")) return nullptr;
  }
  return p;
}

std::string Describe(const char* at, const char* end) {
  if (at == end) return "the end of the text";
  const auto byte = static_cast<unsigned char>(*at);
  if (byte > 0x20 && byte < 0x7f) return fmt::format("'{}'", *at);
  return fmt::format("byte 0x{:02x}", byte);
}

void AppendUnescaped(std::string_view raw, std::string* out) {
  out->reserve(out->size() + raw.size());
  while (!raw.empty()) {
    const std::size_t plain = std::min(raw.find('\\'), raw.size());
    out->append(raw.substr(0, plain));
    raw.remove_prefix(plain);
    if (!raw.empty()) raw.remove_prefix(AppendEscape(raw.data(), out));
  }
}

}  // namespace windrow::json
