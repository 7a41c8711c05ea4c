#include "tests/bench/micro/allocations.h"

#include <cstdlib>
#include <new>

namespace windrow::bench {
namespace {

thread_local std::int64_t allocations = 0;

}  // namespace

std::int64_t Allocations() { return allocations; }

}  // namespace windrow::bench

// The program's own, in place of the library's.
void* operator new(std::size_t size) {
  ++windrow::bench::allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
