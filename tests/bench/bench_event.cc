#include "tests/bench/bench_event.h"

#include <cstdlib>
#include <cstring>
#include <random>

namespace windrow::bench {
namespace {

constexpr std::string_view kOpen = R"({"bench":"S)";
constexpr std::size_t kSequenceAt = kOpen.size();
constexpr std::size_t kSequenceDigits = 12;
constexpr std::size_t kSentAt = kSequenceAt + kSequenceDigits + 1;
constexpr std::size_t kSentDigits = 20;
constexpr std::size_t kHashAt = kSentAt + kSentDigits + 1;
constexpr std::size_t kHashDigits = 16;
constexpr std::size_t kRestAt = kHashAt + kHashDigits;

void PutDecimal(char* at, std::size_t digits, std::uint64_t value) {
  while (digits > 0) {
    at[--digits] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

void PutHex(char* at, std::uint64_t value) {
  for (std::size_t i = kHashDigits; i > 0; value >>= 4) {
    at[--i] = "0123456789abcdef"[value & 15];
  }
}

std::optional<std::uint64_t> Number(std::string_view text, unsigned base) {
  std::uint64_t value = 0;
  for (const char c : text) {
    unsigned digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

std::uint64_t Hash(std::uint64_t sequence, std::uint64_t sent, std::string_view rest) {
  std::uint64_t hash = Mix(sequence, sent);
  const char* at = rest.data();
  std::size_t left = rest.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    hash = Mix(hash, word);
  }
  std::uint64_t word = left;
  std::memcpy(&word, at, left);
  return Mix(hash, word ^ rest.size());
}

void AppendWords(std::size_t bytes, std::string* out) {
  constexpr std::string_view kSyllables[] = {"ra",  "to",  "mi", "ser", "vi",  "ce", "ti",
                                             "ket", "on",  "al", "est", "pri", "or", "u",
                                             "pen", "clo", "de", "lay", "us",  "er"};
  std::mt19937 random(20);  // NOLINT: the same text in every run
  const std::size_t end = out->size() + bytes;
  while (out->size() < end) {
    for (std::size_t i = 0, n = 1 + random() % 4; i < n; ++i) {
      out->append(kSyllables[random() % std::size(kSyllables)]);
    }
    out->push_back(' ');
  }
  out->resize(end);
}

}  // namespace

std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = (a ^ 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu + b;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93u;
  return x ^ (x >> 29);
}

std::string MakeObject(std::size_t bytes) {
  if (bytes < kLeastObjectBytes) std::abort();
  std::string object(kOpen);
  object.append(kRestAt - object.size(), '.');
  object += R"(","id":9007199254740993,"estimate":1.10,"status":"open","priority":2,)"
            R"("summary":"Printer on floor 3 \u2014 no toner","details":")";
  AppendWords(bytes - object.size() - 2, &object);
  object += "\"}";
  return object;
}

void StampObject(char* object, std::size_t bytes, std::uint64_t sequence,
                 std::uint64_t sent) {
  PutDecimal(object + kSequenceAt, kSequenceDigits, sequence);
  PutDecimal(object + kSentAt, kSentDigits, sent);
  PutHex(object + kHashAt, Hash(sequence, sent, {object + kRestAt, bytes - kRestAt}));
}

std::optional<FoundObject> FindObject(std::string_view text, std::size_t from) {
  if (from >= text.size()) return std::nullopt;
  const void* open =
      memmem(text.data() + from, text.size() - from, kOpen.data(), kOpen.size());
  if (open == nullptr) return std::nullopt;
  FoundObject found;
  found.begin = static_cast<std::size_t>(static_cast<const char*>(open) - text.data());
  // No text in the object holds a brace.
  const std::size_t close = text.find('}', found.begin);
  if (close == std::string_view::npos || close < found.begin + kRestAt) {
    found.end = text.size();
    return found;
  }
  found.end = close + 1;
  const std::string_view object = text.substr(found.begin, found.end - found.begin);
  const auto sequence = Number(object.substr(kSequenceAt, kSequenceDigits), 10);
  const auto sent = Number(object.substr(kSentAt, kSentDigits), 10);
  const auto hash = Number(object.substr(kHashAt, kHashDigits), 16);
  if (!sequence || !sent || !hash) return found;
  found.sequence = *sequence;
  found.sent = *sent;
  found.intact = *hash == Hash(*sequence, *sent, object.substr(kRestAt));
  return found;
}

}  // namespace windrow::bench
