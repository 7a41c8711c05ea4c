// Page tokens: any text is a token of this list, or refused; a position leads back to
// itself.
#include "services/control_plane/page_token.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

constexpr std::size_t kMostText = 512;

const control_plane::PageTokens& Tokens() {
  static const control_plane::PageTokens tokens({"fuzz", "state = FAILED"});
  return tokens;
}

// What was read makes a token that is read as the same.
template <typename Read, typename Make>
void CheckToken(const std::string& token, Read read, Make make) {
  const auto position = read(token);
  if (!position.ok()) {
    Require(absl::IsInvalidArgument(position.status()), "a bad token is bad input");
    return;
  }
  const auto again = read(make(*position));
  Require(again.ok() && *again == *position, "a position leads back to itself");
}

}  // namespace

WINDROW_FUZZ_TARGET(page_token) {
  const control_plane::PageTokens& tokens = Tokens();
  const auto check_all = [&](const std::string& token) {
    CheckToken(
        token, [&](const std::string& t) { return tokens.ReadUuid(t); },
        [&](const Uuid& id) { return tokens.Make(id); });
    CheckToken(
        token, [&](const std::string& t) { return tokens.ReadNumber(t); },
        [&](std::int64_t number) { return tokens.Make(number); });
    CheckToken(
        token, [&](const std::string& t) { return tokens.ReadEvent(t); },
        [&](const store::EventPosition& place) { return tokens.Make(place); });
    CheckToken(
        token, [&](const std::string& t) { return tokens.ReadText(t, kMostText); },
        [&](const std::string& text) { return tokens.MakeText(text); });
  };
  const std::string text(input);
  check_all(text);
  // Behind the right hash, which no fuzzer guesses.
  check_all(tokens.MakeText(input));
  const control_plane::PageTokens others({"fuzz", "state = OPEN"});
  Require(!others.ReadText(tokens.MakeText(input), kMostText).ok(),
          "a token of another list is refused");
}

}  // namespace windrow::fuzz
