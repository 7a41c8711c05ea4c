// What every fuzzer of this folder is made of: a function of one input that throws where
// the code under test breaks a promise. libFuzzer calls it with inputs that it makes up
// (libfuzzer_main.cc), the unit tests with those of corpus/ (replay_test.cc).
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace windrow::fuzz {

using Run = void (*)(std::string_view input);

struct Target {
  std::string_view name;
  Run run = nullptr;
};

// All that are linked in.
const std::vector<Target>& Targets();
bool Register(Target target);

struct BrokenPromise : std::logic_error {
  using std::logic_error::logic_error;
};

inline void Require(bool holds, std::string_view promise) {
  if (!holds) throw BrokenPromise(std::string(promise));
}

// Cuts the input at lines of "%%" into `count` parts; those that are not there are empty.
// The last has all that is left.
std::vector<std::string> Parts(std::string_view input, std::size_t count);

}  // namespace windrow::fuzz

// Defines the fuzzer `name`: its body follows, and sees `input`.
#define WINDROW_FUZZ_TARGET(target)                                     \
  static void target##_run(std::string_view input);                     \
  [[maybe_unused]] static const bool target##_registered =              \
      windrow::fuzz::Register({.name = #target, .run = &target##_run}); \
  static void target##_run(std::string_view input)
