// One PublishEvent stream of the bench's publisher, over gRPC's generic interface: what
// is sent is serialised already, so that the publisher takes little of the machine it
// shares.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "tests/bench/event_template.h"
#include "tests/bench/latency_histogram.h"
#include "tests/bench/shared_page.h"

namespace windrow::bench {

// What the answers of all streams said.
struct AnswerCounts {
  std::uint64_t acked = 0;
  std::uint64_t ack_sum = 0;  // of Mix(sequence, escmsg_id)
  std::uint64_t refused = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t wrong_matched = 0;
  std::uint64_t wrong_order = 0;  // an escmsg_id not above the one before it
  std::uint64_t unanswered = 0;   // sent, and the stream ended
  std::string first_error;
  LatencyHistogram ack_latency;
};

// Completions are handled by one thread, Send may be called by another.
class PublishStream {
 public:
  struct Context {
    grpc::GenericStub& stub;
    grpc::CompletionQueue& completions;
    const EventTemplate& events;
    SharedPage& page;
    AnswerCounts& answers;  // of the thread that handles completions
    std::uint64_t expected_matched;
  };
  explicit PublishStream(const Context& context);

  // False while the one before is not on its way yet. `more` says that another one
  // follows at once, so that gRPC may put both into one packet.
  bool Send(std::uint64_t sequence, std::uint64_t sent, bool more);
  // No more is sent; what is out is answered.
  void CloseSending();

  bool can_send() const;
  bool finished() const { return finished_; }

  // A completion of one of this stream's operations.
  struct Operation {
    PublishStream* stream;
    enum class Kind { kStart, kRead, kWrite, kWritesDone, kFinish } kind;
  };
  void Complete(Operation::Kind kind, bool ok);

 private:
  struct Sent {
    std::uint64_t sequence, sent;
  };

  void StartWritesDone();
  void TakeAnswer();

  Context context_;
  grpc::ClientContext client_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  Operation start_{this, Operation::Kind::kStart}, read_{this, Operation::Kind::kRead},
      write_{this, Operation::Kind::kWrite},
      writes_done_{this, Operation::Kind::kWritesDone},
      finish_{this, Operation::Kind::kFinish};
  grpc::ByteBuffer answer_;
  grpc::Status status_;
  std::int64_t last_escmsg_id_ = 0;
  std::atomic<bool> finished_ = false;

  mutable std::mutex mutex_;
  bool writing_ = true;  // until the call has started
  bool closing_ = false;
  bool closed_ = false;
  bool broken_ = false;
  std::deque<Sent> out_;  // sent and not answered, in order
};

}  // namespace windrow::bench
