// PublishEvent: the streams that are open.
#pragma once

#include <absl/time/time.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "services/control_plane/access.h"
#include "services/control_plane/metrics.h"
#include "services/control_plane/publish_queue.h"

namespace windrow::control_plane {

// How many there may be, and what one may have unanswered before it is no longer read
// from.
struct StreamLimits {
  std::size_t streams = 1'000;  // open at once; more are refused
  std::size_t events = 1'000;
  std::size_t bytes = 8u << 20;
  // Of refusals, which stay in memory until they are read; events leave it once they are
  // committed.
  std::size_t refusal_bytes = 64u << 10;
};

class PublishStream;

// Thread-safe. Must outlive its streams: end the gRPC server first.
class PublishStreams {
 public:
  // A stream's messages are read and written as bytes, so that one that cannot be parsed
  // is a refused event, and not the end of its stream.
  using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;

  PublishStreams(Access& access, PublishQueue& queue, StreamLimits limits,
                 PublishMetrics metrics)
      : access_(access), queue_(queue), limits_(limits), metrics_(metrics) {}

  // Nothing is read from it before its caller is let in; once the caller's key ends, what
  // was read is answered, and it ends with UNAUTHENTICATED. It is read from no faster
  // than the key's rate.
  // Where too many are open: one that ends with RESOURCE_EXHAUSTED (TOO_MANY_STREAMS).
  Reactor* Open(const grpc::CallbackServerContext& context);
  // Ends every stream, and those that are opened later, with UNAVAILABLE, once what was
  // read from it is answered.
  void Stop();
  // Waits until none is open, for at most `limit`. Says how many were at the start.
  std::size_t WaitUntilClosed(absl::Duration limit);

 private:
  friend class PublishStream;
  void Closed(PublishStream* stream);

  Access& access_;
  PublishQueue& queue_;
  const StreamLimits limits_;
  const PublishMetrics metrics_;
  std::mutex mutex_;
  std::condition_variable closed_;
  bool stopped_ = false;
  std::unordered_set<PublishStream*> open_;
};

}  // namespace windrow::control_plane
