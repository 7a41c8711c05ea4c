#include "services/control_plane/publish_stream.h"

#include <absl/time/clock.h>
#include <grpcpp/alarm.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "services/control_plane/event_mapping.h"
#include "services/control_plane/peer.h"
#include "services/control_plane/status_mapping.h"

namespace windrow::control_plane {
namespace {

absl::StatusOr<domain::Event> ParseEvent(grpc::ByteBuffer* bytes) {
  v1::PublishEventRequest request;
  const grpc::Status parsed =
      grpc::GenericDeserialize<grpc::ProtoBufferReader, v1::PublishEventRequest>(
          bytes, &request);
  Violations violations;
  if (!parsed.ok()) {
    violations.Add("event", "is no PublishEventRequest, or a text in it is not UTF-8");
  } else if (!request.has_event()) {
    violations.Add("event", "is required");
  }
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  return TakeEvent(request.mutable_event());
}

grpc::ByteBuffer Serialize(const PublishAnswer& answer) {
  v1::PublishEventResponse response;
  AnswerToProto(answer, &response);
  grpc::ByteBuffer bytes;
  bool own = false;
  grpc::GenericSerialize<grpc::ProtoBufferWriter, v1::PublishEventResponse>(response,
                                                                            &bytes, &own);
  return bytes;
}

absl::Status TooManyStreams() {
  return WithReason(absl::ResourceExhaustedError(
                        "too many streams are open: end one, or try again later"),
                    "TOO_MANY_STREAMS");
}

}  // namespace

// One stream. Reactions and answers come on any thread; what they find goes into the
// state, and Advance does what the state then asks for.
class PublishStream final : public PublishStreams::Reactor,
                            public Publisher,
                            public AccessHolder,
                            public std::enable_shared_from_this<PublishStream> {
 public:
  explicit PublishStream(PublishStreams& streams) : streams_(streams) {}

  void Start(std::shared_ptr<PublishStream> self) {
    self_ = std::move(self);
    StartSendInitialMetadata();  // some clients wait for it before they send
    Advance();
  }

  void LetIn(const absl::StatusOr<Caller>& caller) {
    if (!caller.ok()) return EndAccess(caller.status());
    Set([&] { caller_ = *caller; });
    streams_.access_.Hold(*caller, weak_from_this());
  }

  void Stop() {
    Set([&] { stopping_ = true; });
  }
  // Before Start: nothing is read from it.
  void Refuse(absl::Status why) {
    stopping_ = true;
    end_ = std::move(why);
  }

  // AccessHolder
  void EndAccess(const absl::Status& status) override {
    Set([&] {
      stopping_ = true;
      if (!end_) end_ = status;
    });
  }

  // grpc::ServerBidiReactor
  void OnReadDone(bool ok) override {
    if (ok) {
      TakeRead();
    } else {
      Set([&] {
        reading_ = false;
        reads_over_ = true;
      });
    }
  }
  void OnWriteDone(bool ok) override {
    Set([&] {
      writing_ = false;
      if (!ok) broken_ = true;
      PopAnswered();
    });
  }
  void OnCancel() override {
    Set([&] { broken_ = true; });
  }
  void OnDone() override {
    streams_.Closed(this);
    pause_.Cancel();
    self_.reset();
  }

  // Publisher
  void Answer(std::uint64_t ticket, PublishAnswer answer) override {
    std::lock_guard lock(mutex_);
    AnswerLocked(ticket, std::move(answer));
  }
  void AnswersDone() override { Advance(); }
  void RoomAgain() override {
    Set([&] { waiting_for_room_ = false; });
  }

 private:
  struct Slot {
    std::size_t bytes = 0;
    std::size_t refusal_bytes = 0;
    bool answered = false;
    PublishAnswer answer;
  };

  template <typename Change>
  void Set(Change change) {
    {
      std::lock_guard lock(mutex_);
      change();
    }
    Advance();
  }

  void TakeRead() {
    absl::StatusOr<domain::Event> event = ParseEvent(&read_);
    Set([&] {
      reading_ = false;
      if (finished_) return;  // the client will find it unanswered
      if (caller_->pace != nullptr) caller_->pace->Charge(absl::Now(), 1);
      const std::uint64_t ticket = first_ticket_ + slots_.size();
      const std::size_t bytes = event.ok() ? MemoryOf(*event) : sizeof(Slot);
      const std::size_t refusal_bytes = event.ok() ? 0 : MemoryOf(event.status());
      slots_.push_back({.bytes = bytes, .refusal_bytes = refusal_bytes});
      unanswered_bytes_ += bytes;
      refusal_bytes_ += refusal_bytes;
      if (!event.ok()) {
        streams_.metrics_.refused.Increment();
        AnswerLocked(ticket, {.status = event.status()});
        return;
      }
      const absl::Status pushed = streams_.queue_.Push({.tenant_id = caller_->tenant,
                                                        .event = *std::move(event),
                                                        .bytes = bytes,
                                                        .publisher = shared_from_this(),
                                                        .ticket = ticket});
      if (!pushed.ok()) AnswerLocked(ticket, {.status = pushed});
    });
  }

  void AnswerLocked(std::uint64_t ticket, PublishAnswer answer) {
    Slot& slot = slots_[ticket - first_ticket_];
    slot.answer = std::move(answer);
    slot.answered = true;
  }

  void PopAnswered() {
    unanswered_bytes_ -= slots_.front().bytes;
    refusal_bytes_ -= slots_.front().refusal_bytes;
    slots_.pop_front();
    ++first_ticket_;
  }

  bool WantsWrite() const {
    return !writing_ && !broken_ && !slots_.empty() && slots_.front().answered;
  }
  // Asks for room last: a false answer means that RoomAgain will come.
  bool WantsRead() {
    if (!caller_ || reading_ || reads_over_ || stopping_ || broken_) return false;
    if (waiting_for_room_ || pausing_) return false;
    if (slots_.size() >= streams_.limits_.events) return false;
    if (unanswered_bytes_ >= streams_.limits_.bytes) return false;
    if (refusal_bytes_ >= streams_.limits_.refusal_bytes) return false;
    waiting_for_room_ = !streams_.queue_.HasRoom(shared_from_this());
    return !waiting_for_room_;
  }
  // What the caller's rate wants before the next read.
  absl::Duration Pause() const {
    if (caller_->pace == nullptr) return absl::ZeroDuration();
    return caller_->pace->WaitFor(absl::Now());
  }
  void StartPause(absl::Duration pause) {
    pause_.Set(absl::ToChronoTime(absl::Now() + pause),
               [stream = shared_from_this()](bool) {
                 stream->Set([&] { stream->pausing_ = false; });
               });
  }
  // Not while another thread is on its way into gRPC: after Finish the call may be gone.
  bool WantsFinish() const {
    return !finished_ && starting_ == 0 && !writing_ && !waiting_for_room_ &&
           slots_.empty() && (reads_over_ || stopping_ || broken_);
  }

  void Advance();

  PublishStreams& streams_;
  std::shared_ptr<PublishStream> self_;  // until OnDone

  std::mutex mutex_;
  std::optional<Caller> caller_;     // none: not let in yet
  std::optional<absl::Status> end_;  // not the client, and not a stop, ends it so
  std::deque<Slot> slots_;           // read and not yet written, in order
  std::uint64_t first_ticket_ = 0;
  std::size_t unanswered_bytes_ = 0;
  std::size_t refusal_bytes_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool waiting_for_room_ = false;
  bool pausing_ = false;     // for the caller's rate
  bool reads_over_ = false;  // the client said that it was all
  bool broken_ = false;      // nobody reads the answers
  bool stopping_ = false;
  bool finished_ = false;
  int starting_ = 0;  // threads that are inside of StartRead or StartWrite

  grpc::Alarm pause_;       // runs while pausing_
  grpc::ByteBuffer read_;   // gRPC's while reading_
  grpc::ByteBuffer write_;  // gRPC's while writing_
};

// gRPC is called without the mutex: a reaction may run inside of the call.
void PublishStream::Advance() {
  const std::shared_ptr<PublishStream> keeps_alive = shared_from_this();
  std::unique_lock lock(mutex_);
  while (true) {
    while (broken_ && !writing_ && !slots_.empty() && slots_.front().answered) {
      PopAnswered();
    }
    if (WantsWrite()) {
      writing_ = true;
      ++starting_;
      grpc::WriteOptions options;
      if (slots_.size() > 1 && slots_[1].answered) options.set_buffer_hint();
      const PublishAnswer answer = std::move(slots_.front().answer);
      lock.unlock();
      write_ = Serialize(answer);
      StartWrite(&write_, options);
      lock.lock();
      --starting_;
    } else if (WantsRead()) {
      const absl::Duration pause = Pause();
      const bool pauses = pause > absl::ZeroDuration();
      (pauses ? pausing_ : reading_) = true;
      ++starting_;
      lock.unlock();
      if (pauses) {
        StartPause(pause);
      } else {
        StartRead(&read_);
      }
      lock.lock();
      --starting_;
    } else if (WantsFinish()) {
      finished_ = true;
      const bool all_read = reads_over_ && !broken_;
      const absl::Status end = end_.value_or(ServerStopping());
      lock.unlock();
      Finish(all_read ? grpc::Status::OK : ToGrpcStatus(end));
      return;
    } else {
      return;
    }
  }
}

// gRPC calls no reaction before its handler, which calls this, has returned.
PublishStreams::Reactor* PublishStreams::Open(
    const grpc::CallbackServerContext& context) {
  auto stream = std::make_shared<PublishStream>(*this);
  bool too_many = false;
  {
    std::lock_guard lock(mutex_);
    too_many = open_.size() >= limits_.streams;
  }
  if (too_many) stream->Refuse(TooManyStreams());
  stream->Start(stream);
  metrics_.streams.Add(1);
  bool stopped = false;
  {
    std::lock_guard lock(mutex_);
    open_.insert(stream.get());
    stopped = stopped_;
  }
  if (stopped) stream->Stop();
  access_.Admit(
      "PublishEvent", CredentialsOf(context),
      [stream](const absl::StatusOr<Caller>& caller) { stream->LetIn(caller); });
  return stream.get();
}

void PublishStreams::Closed(PublishStream* stream) {
  metrics_.streams.Add(-1);
  std::lock_guard lock(mutex_);
  open_.erase(stream);
  closed_.notify_all();
}

std::size_t PublishStreams::WaitUntilClosed(absl::Duration limit) {
  std::unique_lock lock(mutex_);
  const std::size_t open = open_.size();
  closed_.wait_for(lock, absl::ToChronoNanoseconds(limit),
                   [this] { return open_.empty(); });
  return open;
}

void PublishStreams::Stop() {
  std::vector<std::shared_ptr<PublishStream>> open;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    for (PublishStream* stream : open_) {
      if (auto shared = stream->weak_from_this().lock())
        open.push_back(std::move(shared));
    }
  }
  for (const std::shared_ptr<PublishStream>& stream : open) stream->Stop();
}

}  // namespace windrow::control_plane
