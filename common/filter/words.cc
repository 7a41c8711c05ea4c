#include "common/filter/words.h"

namespace windrow::filter {
namespace {

constexpr std::string_view kSpellings[] = {"=", "!=", "<", "<=", ">", ">=", ":"};

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '_' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

// Behind a comparator a colon begins no other one: times need no quotes.
bool IsWordByte(char c) {
  return IsNameByte(c) || std::string_view(".:+/@").find(c) != std::string_view::npos;
}

}  // namespace

std::string_view SpellingOf(Comparator comparator) {
  return kSpellings[static_cast<std::size_t>(comparator)];
}

std::size_t NameLength(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && IsNameByte(text[length])) ++length;
  return length;
}

std::size_t WordLength(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && IsWordByte(text[length])) ++length;
  return length;
}

bool IsKeyword(std::string_view word) {
  return word == "AND" || word == "OR" || word == "NOT";
}

// One that begins with "-" would be a negation.
bool IsName(std::string_view text) {
  return !text.empty() && NameLength(text) == text.size() && text[0] != '-' &&
         !IsKeyword(text);
}

bool IsWord(std::string_view text) {
  return !text.empty() && WordLength(text) == text.size() && !IsKeyword(text);
}

}  // namespace windrow::filter
