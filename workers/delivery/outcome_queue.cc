#include "workers/delivery/outcome_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace windrow::delivery {
namespace {

constexpr std::size_t kFew = 100;
constexpr absl::Duration kSoon = absl::Milliseconds(500);

bool IsAwaited(const Ended& ended) {
  return ended.outcome.gated || RetriesSoon(ended.outcome);
}

}  // namespace

bool RetriesSoon(const store::Outcome& outcome) {
  return outcome.state == store::DeliveryState::kRetrying && outcome.retry_after < kSoon;
}

std::size_t BytesOf(const store::Outcome& outcome) {
  std::size_t bytes = sizeof(Ended) + outcome.request_headers.size() +
                      outcome.request_body.size() + outcome.items.size() * 80;
  if (outcome.attempt) {
    bytes +=
        outcome.attempt->response_headers.size() + outcome.attempt->response_body.size();
  }
  return bytes;
}

void OutcomeQueue::Add(Ended ended) {
  ++size_;
  bytes_ += BytesOf(ended.outcome);
  awaited_ += IsAwaited(ended) ? 1 : 0;
  waiting_.push_back(std::move(ended));
}

void OutcomeQueue::Push(Ended ended) {
  {
    std::lock_guard lock(mutex_);
    Add(std::move(ended));
  }
  filled_->Set();
}

void OutcomeQueue::Push(std::vector<Ended> batch) {
  if (batch.empty()) return;
  {
    std::lock_guard lock(mutex_);
    for (Ended& ended : batch) Add(std::move(ended));
  }
  filled_->Set();
}

std::vector<Ended> OutcomeQueue::Take(std::size_t most) {
  std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
  const auto end = waiting_.begin() + count;
  std::vector<Ended> taken(std::make_move_iterator(waiting_.begin()),
                           std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  awaited_ -= static_cast<std::size_t>(std::ranges::count_if(taken, IsAwaited));
  return taken;
}

void OutcomeQueue::Recorded(std::size_t count, std::size_t bytes) {
  std::lock_guard lock(mutex_);
  size_ -= count;
  bytes_ -= bytes;
  if (size_ == 0) emptied_.notify_all();
}

void OutcomeQueue::AwaitEmpty(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  emptied_.wait_for(lock, absl::ToChronoNanoseconds(timeout),
                    [this] { return size_ == 0; });
}

bool OutcomeQueue::CanWait() const {
  std::lock_guard lock(mutex_);
  return awaited_ == 0 && waiting_.size() <= kFew;
}

std::size_t OutcomeQueue::size() const {
  std::lock_guard lock(mutex_);
  return size_;
}

std::size_t OutcomeQueue::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace windrow::delivery
