#include "tests/bench/publish_stream.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "tests/bench/bench_event.h"
#include "windrow/v1/event.pb.h"

namespace windrow::bench {

PublishStream::PublishStream(const Context& context) : context_(context) {
  call_ = context_.stub.PrepareCall(&client_, "/windrow.v1.EventService/PublishEvent",
                                    &context_.completions);
  call_->StartCall(&start_);
}

bool PublishStream::can_send() const {
  std::lock_guard lock(mutex_);
  return !writing_ && !closing_ && !broken_;
}

bool PublishStream::Send(std::uint64_t sequence, std::uint64_t sent, bool more) {
  {
    std::lock_guard lock(mutex_);
    if (writing_ || closing_ || broken_) return false;
    writing_ = true;
    out_.push_back({sequence, sent});
  }
  grpc::WriteOptions options;
  if (more) options.set_buffer_hint();
  call_->Write(context_.events.Make(sequence, sent), options, &write_);
  context_.page.sent.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void PublishStream::CloseSending() {
  {
    std::lock_guard lock(mutex_);
    if (closing_) return;
    closing_ = true;
  }
  StartWritesDone();
}

// Only one of the two that see the last write end and the closing may do it.
void PublishStream::StartWritesDone() {
  {
    std::lock_guard lock(mutex_);
    if (!closing_ || closed_ || writing_ || broken_) return;
    closed_ = true;
  }
  call_->WritesDone(&writes_done_);
}

void PublishStream::Complete(Operation::Kind kind, bool ok) {
  switch (kind) {
    case Operation::Kind::kStart:
    case Operation::Kind::kWrite: {
      {
        std::lock_guard lock(mutex_);
        writing_ = false;
        if (!ok) broken_ = true;
      }
      if (kind == Operation::Kind::kStart) call_->Read(&answer_, &read_);
      StartWritesDone();
      return;
    }
    case Operation::Kind::kRead:
      if (ok) {
        TakeAnswer();
        call_->Read(&answer_, &read_);
      } else {
        call_->Finish(&status_, &finish_);
      }
      return;
    case Operation::Kind::kWritesDone:
      return;
    case Operation::Kind::kFinish: {
      std::lock_guard lock(mutex_);
      broken_ = true;
      finished_ = true;
      context_.answers.unanswered += out_.size();
      if (!status_.ok() && context_.answers.first_error.empty()) {
        context_.answers.first_error = fmt::format(
            "the stream ended: {} ({})", status_.error_message(), status_.error_code());
      }
      return;
    }
  }
}

void PublishStream::TakeAnswer() {
  AnswerCounts& counts = context_.answers;
  Sent sent{};
  {
    std::lock_guard lock(mutex_);
    if (out_.empty()) {
      ++counts.wrong_order;
      return;
    }
    sent = out_.front();
    out_.pop_front();
  }
  static thread_local v1::PublishEventResponse response;
  grpc::Slice slice;
  const bool parsed =
      answer_.TrySingleSlice(&slice).ok()
          ? response.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))
          : answer_.DumpToSingleSlice(&slice).ok() &&
                response.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  if (!parsed || !response.has_published()) {
    ++counts.refused;
    if (counts.first_error.empty()) {
      counts.first_error =
          fmt::format("an event was refused: {} {}", response.refused().reason(),
                      response.refused().message());
    }
    return;
  }
  const v1::PublishedEvent& published = response.published();
  counts.duplicates += published.duplicate();
  counts.wrong_matched +=
      static_cast<std::uint64_t>(published.matched()) != context_.expected_matched;
  counts.wrong_order += published.escmsg_id() <= last_escmsg_id_;
  last_escmsg_id_ = published.escmsg_id();
  ++counts.acked;
  counts.ack_sum += Mix(sent.sequence, static_cast<std::uint64_t>(published.escmsg_id()));
  counts.ack_latency.Add(NowNanos() - sent.sent);
  context_.page.acked.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace windrow::bench
