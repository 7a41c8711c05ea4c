// A publisher's link to the server: one PublishEvent stream after the other. What a
// stream that broke had not answered is sent again on the next one.
#pragma once

#include <absl/time/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "windrow/v1/event.grpc.pb.h"

namespace windrow::cli {

// How long to wait before a stream is opened again: what the server asks for (RetryInfo),
// twice as long each time up to 30 s, and up to half of that more by `random`, in [0, 1),
// so that not all publishers come back at once. `tries`: failed ones since the last
// answer. None: not again, after five, or where the server does not say that it will
// take them later. Once it has said so, it may be gone for a while: it restarts.
std::optional<absl::Duration> RetryDelay(const grpc::Status& status, int tries,
                                         double random);

// One thread sends, another one receives.
class PublishLink {
 public:
  using Stream =
      grpc::ClientReaderWriter<v1::PublishEventRequest, v1::PublishEventResponse>;

  using MakeContext = std::function<std::unique_ptr<grpc::ClientContext>()>;

  // `make_context` is called for each stream that is opened.
  PublishLink(v1::EventService::Stub& stub, MakeContext make_context)
      : stub_(stub), make_context_(std::move(make_context)) {
    Open();
  }

  // The sender's. Blocks while the server takes no more. False: the link has ended.
  bool Send(std::shared_ptr<const v1::PublishEventRequest> request);
  // After the last Send; returns when the link has ended.
  void SendingDone();

  // The receiver's. Calls `answered` for each answer, in the order of the requests, until
  // the link ends; `waits` before a stream is opened again, which it then is after that
  // time. Only where all that is unanswered has an event_id: a repeat of any other would
  // be another event.
  grpc::Status Receive(
      const std::function<void(const v1::PublishEventResponse&)>& answered,
      const std::function<void(const grpc::Status&, std::size_t unanswered,
                               absl::Duration)>& waits);

  std::size_t unanswered() const;
  // Of what is unanswered: some has no event_id.
  bool may_double() const;

 private:
  void Open();
  // Sends what this stream was not sent yet. False: the link has ended.
  bool Pump(std::unique_lock<std::mutex>& lock);

  v1::EventService::Stub& stub_;
  const MakeContext make_context_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
  int streams_ = 0;       // opened so far
  bool writing_ = false;  // the sender is inside of the stream
  bool broken_ = false;   // the stream has ended; another one may come
  bool over_ = false;
  std::deque<std::shared_ptr<const v1::PublishEventRequest>> unanswered_;
  std::size_t sent_ = 0;  // of them, on this stream
};

}  // namespace windrow::cli
