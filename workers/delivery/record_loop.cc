#include "workers/delivery/record_loop.h"

#include <algorithm>
#include <span>
#include <utility>

#include "common/base/fault_point.h"
#include "common/base/log.h"
#include "workers/delivery/database_errors.h"
#include "workers/delivery/options.h"

namespace windrow::delivery {
namespace {

constexpr absl::Duration kIdle = absl::Seconds(1);
// A record of few outcomes costs nearly as much as one of many: where nothing waits for
// it, the next begins this much later than the last.
constexpr absl::Duration kPace = absl::Milliseconds(10);

}  // namespace

RecordLoop::RecordLoop(RecordLoopParts parts)
    : parts_(std::move(parts)),
      backoff_(absl::Milliseconds(50), absl::Seconds(5), parts_.random) {}

absl::Duration RecordLoop::RunOnce() {
  if (batch_.empty()) {
    refusals_ = 0;
    took_others_ = false;
    const absl::Duration left = last_ + kPace - parts_.local->Now();
    const bool recent = left > absl::ZeroDuration() && left <= kPace;
    if (recent && parts_.outcomes->CanWait()) return left;
  }
  for (Ended& ended : parts_.outcomes->Take(kMaxOutcomesPerRecord - batch_.size())) {
    retry_after_.push_back(ended.outcome.retry_after);
    batch_.push_back(std::move(ended.outcome));
    ended_at_.push_back(ended.at);
  }
  parts_.metrics.unrecorded.Set(static_cast<double>(parts_.outcomes->size()));
  if (batch_.empty()) return kIdle;
  last_ = parts_.local->Now();

  absl::Status status = RecordAll();
  if (!status.ok() && !IsPassing(status)) status = RecordEach();
  if (!status.ok()) return Pause(status);
  backoff_.Reset();
  return absl::ZeroDuration();
}

absl::Duration RecordLoop::Pause(const absl::Status& why) {
  parts_.metrics.queue_errors.Increment();
  const absl::Duration pause = backoff_.Next();
  Log(LogLevel::kWarn, "record_failed",
      {{"error", why.message()},
       {"outcomes", parts_.outcomes->size()},
       {"again_in_s", absl::ToDoubleSeconds(pause)}});
  return pause;
}

// Times count from the record, which may come late.
void RecordLoop::Stamp() {
  const absl::Time now = parts_.local->Now();
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const absl::Duration ago = std::max(now - ended_at_[i], absl::ZeroDuration());
    store::Outcome& outcome = batch_[i];
    outcome.retry_after = std::max(retry_after_[i] - ago, absl::ZeroDuration());
    if (outcome.attempt) outcome.started_ago = ago + outcome.attempt->duration;
  }
}

absl::Status RecordLoop::RecordAll() {
  Stamp();
  const absl::Time start = parts_.local->Now();
  WINDROW_FAULT_POINT_OR_RETURN("worker.before_record");
  const absl::StatusOr<int> late = parts_.queue->Record(batch_);
  if (!late.ok()) return late.status();
  WINDROW_FAULT_POINT("worker.after_record");
  parts_.metrics.record_seconds.Observe(parts_.local->Now() - start);
  parts_.metrics.record_batch.Observe(static_cast<double>(batch_.size()));
  Recorded(0, batch_.size(), *late);
  Forget(std::vector<bool>(batch_.size(), true));
  return absl::OkStatus();
}

// Something in the batch is refused: the others must not wait for it.
absl::Status RecordLoop::RecordEach() {
  std::vector<bool> done(batch_.size(), false);
  std::vector<std::size_t> refused;
  absl::Status first_error;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    const absl::StatusOr<int> late = parts_.queue->Record({batch_[i]});
    if (late.ok()) {
      done[i] = took_others_ = true;
      Recorded(i, 1, *late);
    } else {
      if (first_error.ok()) first_error = late.status();
      if (IsPassing(late.status())) break;
      refused.push_back(i);
    }
  }
  if (!refused.empty() && ++refusals_ >= kTries && took_others_) {
    for (const std::size_t i : refused) {
      Drop(i, first_error);
      done[i] = true;
    }
  }
  Forget(done);
  return batch_.empty() ? absl::OkStatus() : first_error;
}

void RecordLoop::Recorded(std::size_t first, std::size_t count, int late) {
  parts_.metrics.late_outcomes.Increment(late);
  std::vector<Uuid> soon, freed;
  for (const store::Outcome& outcome : std::span(batch_).subspan(first, count)) {
    parts_.metrics.OutcomesOf(outcome.state).Increment();
    if (RetriesSoon(outcome)) soon.push_back(outcome.webhook_id);
    if (outcome.gated) freed.push_back(outcome.webhook_id);
  }
  if (!freed.empty()) parts_.freed(std::move(freed));
  if (!soon.empty()) parts_.due_soon(std::move(soon));
}

void RecordLoop::Drop(std::size_t index, const absl::Status& why) {
  parts_.metrics.refused_outcomes.Increment();
  Log(LogLevel::kError, "outcome_refused",
      {{"delivery", batch_[index].window_id.ToString()}, {"error", why.message()}});
}

void RecordLoop::Forget(const std::vector<bool>& done) {
  std::size_t kept = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < batch_.size(); ++i) {
    if (done[i]) {
      bytes += BytesOf(batch_[i]);
      continue;
    }
    if (kept != i) {
      batch_[kept] = std::move(batch_[i]);
      ended_at_[kept] = ended_at_[i];
      retry_after_[kept] = retry_after_[i];
    }
    ++kept;
  }
  parts_.outcomes->Recorded(batch_.size() - kept, bytes);
  batch_.resize(kept);
  ended_at_.resize(kept);
  retry_after_.resize(kept);
}

}  // namespace windrow::delivery
