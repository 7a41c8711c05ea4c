// Counts what this program takes from the heap.
#pragma once

#include <cstdint>

namespace windrow::bench {

// Calls of operator new by this thread since it began.
std::int64_t Allocations();

}  // namespace windrow::bench
