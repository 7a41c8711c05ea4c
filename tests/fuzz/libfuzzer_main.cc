// libFuzzer's way to the one target that a program has. What a target throws ends the
// program, which libFuzzer takes for a crash.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  windrow::fuzz::Targets().front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
