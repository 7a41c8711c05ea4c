// How many descriptors (connections, above all) the process may have open.
#pragma once

#include <cstddef>

namespace windrow {

// Raises the limit as far as the process may by itself, and answers it. Services are
// started with 1,024 as a rule, and may have more.
std::size_t RaiseDescriptorLimit();

}  // namespace windrow
