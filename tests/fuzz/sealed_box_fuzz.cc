// Sealed boxes: nothing opens but what was sealed, in its place.
#include "common/crypto/key_ring.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

constexpr char kKeys[] =
    "7:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    "8:HxgZGhscHR4fAAECAwQFBgcICQoLDA0ODxAREhMUFRY=\n";

}  // namespace

WINDROW_FUZZ_TARGET(sealed_box) {
  static const crypto::KeyRing ring = crypto::KeyRing::Parse(kKeys).value();
  const auto opened = ring.Open(input, "tenant 1");
  Require(
      absl::IsFailedPrecondition(opened.status()) || absl::IsDataLoss(opened.status()),
      "what nobody sealed does not open");

  const std::string box = ring.Seal(input, "tenant 1");
  const auto plain = ring.Open(box, "tenant 1");
  Require(plain.ok() && *plain == input, "a box opens");
  Require(!ring.Open(box, "tenant 2").ok(), "a box that was moved does not");
  std::string altered = box;
  const std::size_t at = input.empty() ? 0 : static_cast<unsigned char>(input[0]);
  altered[at % altered.size()] ^= 1;
  Require(!ring.Open(altered, "tenant 1").ok(), "a box that was altered does not");
  Require(!ring.Open(box.substr(0, at % box.size()), "tenant 1").ok(),
          "nor one that was cut");
}

}  // namespace windrow::fuzz
