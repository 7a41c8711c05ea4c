// Publishing JSON lines over the PublishEvent stream.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace windrow::cli {

struct PublishOptions {
  std::vector<std::string> files;  // "-": standard input
  bool keep_going = false;
  bool quiet = false;  // no progress bar
};

// A broken or refused line is named "file:line: why" on standard error. Without
// keep_going nothing is read behind the first one, and the status is 1; with it, the
// rest goes on and the status is 3. What was acknowledged before is published. Where the
// server says that it takes events later (it is overloaded, or restarts), those that are
// unanswered are sent again then, unless one of them has no event_id (publish_link.h).
int Publish(const Session& session, const PublishOptions& options);

}  // namespace windrow::cli
