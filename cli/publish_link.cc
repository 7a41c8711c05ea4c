#include "cli/publish_link.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <random>
#include <utility>

#include "cli/rpc_errors.h"

namespace windrow::cli {
namespace {

constexpr int kMostTries = 5;
constexpr absl::Duration kLongestDelay = absl::Seconds(30);
constexpr double kJitter = 0.5;

}  // namespace

std::optional<absl::Duration> RetryDelay(const grpc::Status& status, int tries,
                                         double random) {
  std::optional<absl::Duration> asked = RetryDelayOf(status);
  const bool is_gone = status.error_code() == grpc::StatusCode::UNAVAILABLE;
  if (!asked && tries > 0 && is_gone) asked = absl::Seconds(1);
  if (!asked || tries >= kMostTries) return std::nullopt;
  const absl::Duration delay = std::min(*asked * (1 << tries), kLongestDelay);
  return delay * (1 + kJitter * random);
}

void PublishLink::Open() {
  context_ = make_context_();
  stream_ = stub_.PublishEvent(context_.get());
  ++streams_;
  sent_ = 0;
  broken_ = false;
}

bool PublishLink::Send(std::shared_ptr<const v1::PublishEventRequest> request) {
  std::unique_lock lock(mutex_);
  if (over_) return false;
  unanswered_.push_back(std::move(request));
  return Pump(lock);
}

bool PublishLink::Pump(std::unique_lock<std::mutex>& lock) {
  while (true) {
    changed_.wait(lock, [this] { return over_ || !broken_; });
    if (over_) return false;
    if (sent_ == unanswered_.size()) return true;
    const auto request = unanswered_[sent_++];
    const int stream = streams_;
    writing_ = true;
    lock.unlock();
    const bool written = stream_->Write(*request);
    lock.lock();
    writing_ = false;
    changed_.notify_all();
    if (written) continue;
    // The receiver finds out why.
    changed_.wait(lock, [&] { return over_ || broken_ || streams_ != stream; });
  }
}

void PublishLink::SendingDone() {
  std::unique_lock lock(mutex_);
  while (Pump(lock)) {
    const int stream = streams_;
    writing_ = true;
    lock.unlock();
    stream_->WritesDone();
    lock.lock();
    writing_ = false;
    changed_.notify_all();
    changed_.wait(lock, [&] { return over_ || streams_ != stream; });
  }
}

grpc::Status PublishLink::Receive(
    const std::function<void(const v1::PublishEventResponse&)>& answered,
    const std::function<void(const grpc::Status&, std::size_t unanswered,
                             absl::Duration)>& waits) {
  std::mt19937 generator{std::random_device{}()};
  std::uniform_real_distribution<double> random(0, 1);
  int tries = 0;
  while (true) {
    v1::PublishEventResponse response;
    while (stream_->Read(&response)) {
      tries = 0;
      {
        std::lock_guard lock(mutex_);
        if (sent_ == 0) continue;  // a server that answers what was not asked
        unanswered_.pop_front();
        --sent_;
      }
      answered(response);
    }
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !writing_; });
      broken_ = true;
    }
    changed_.notify_all();
    const grpc::Status status = stream_->Finish();
    const auto delay = RetryDelay(status, tries++, random(generator));
    if (status.ok() || !delay || may_double()) {
      std::lock_guard lock(mutex_);
      over_ = true;
      changed_.notify_all();
      return status;
    }
    waits(status, unanswered(), *delay);
    absl::SleepFor(*delay);
    std::lock_guard lock(mutex_);
    Open();
    changed_.notify_all();
  }
}

std::size_t PublishLink::unanswered() const {
  std::lock_guard lock(mutex_);
  return unanswered_.size();
}

bool PublishLink::may_double() const {
  std::lock_guard lock(mutex_);
  return std::any_of(unanswered_.begin(), unanswered_.end(), [](const auto& request) {
    return request->event().event_id().empty();
  });
}

}  // namespace windrow::cli
