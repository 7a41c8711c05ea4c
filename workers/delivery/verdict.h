// What becomes of a delivery: from one response, or from the lack of one, to the outcome
// that is recorded.
#pragma once

#include <absl/time/time.h>

#include <string>

#include "common/domain/breaker.h"
#include "common/domain/retry.h"
#include "common/http/sender.h"
#include "common/store/delivery_queue.h"

namespace windrow::delivery {

// When and with which luck a verdict is found.
struct Circumstances {
  int attempt = 1;       // counts from 1
  int resent_after = 0;  // attempts that are no part of the schedule
  absl::Time now;        // the database's
  double random = 0;     // in [0, 1)
};

// Puts state, reason, retry_after and the attempt into `outcome`. Lightweight logs
// (keep_bodies is false) keep no header and no body, of the request either.
void Finish(const domain::RetryPolicy& policy, const Circumstances& circumstances,
            http::Response response, store::Outcome* outcome);

// What a response tells of its endpoint: 429 and 5xx that it is not well, and so does
// what is no answer, but for failures of our own. `now` is the database's.
domain::EndpointReport ReportOf(const http::Response& response, absl::Time now);

// An attempt that ended before a request could be made: as a failure of ours, tried again
// by the schedule. `why` is for a person and holds no secret.
void FinishUnsendable(const domain::RetryPolicy& policy,
                      const Circumstances& circumstances, std::string why,
                      store::Outcome* outcome);

// The window has ended too many workers: it fails, without a request.
void FinishAsPoison(const Circumstances& circumstances, int lost_leases,
                    store::Outcome* outcome);

// Fails without a request: an event of it is no longer stored.
void FailWithoutEvents(store::Outcome* outcome);

// Ends without a request, since the webhook is disabled or deleted.
void Cancel(store::Outcome* outcome);
// Ends without a request, since its event came back from this webhook `hops` times.
void DropLoop(int hops, int max_hops, store::Outcome* outcome);

}  // namespace windrow::delivery
