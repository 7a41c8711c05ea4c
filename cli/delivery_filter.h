// Flags that say which deliveries are meant.
#pragma once

#include "cli/filter.h"

namespace windrow::cli {

// --webhook, --state, --event-type, --object-id, --since, --until and --filter. `filter`
// must outlive the parsing.
void AddDeliveryFilter(CLI::App* app, FilterFlags* filter);

}  // namespace windrow::cli
