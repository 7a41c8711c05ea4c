#include "services/control_plane/delivery_watch_stream.h"

#include <absl/time/clock.h>

#include <utility>

#include "common/base/status.h"
#include "common/store/list_fields.h"
#include "services/control_plane/delivery_mapping.h"
#include "services/control_plane/delivery_values.h"
#include "services/control_plane/page_token.h"
#include "services/control_plane/peer.h"
#include "services/control_plane/proto_time.h"
#include "services/control_plane/status_mapping.h"

namespace windrow::control_plane {
namespace {

// How long a stream may be quiet before it is told where it stands.
constexpr absl::Duration kQuiet = absl::Seconds(30);

absl::StatusOr<WatchStart> StartOf(store::TenantId tenant,
                                   const v1::WatchDeliveriesRequest& request,
                                   const PageTokens& tokens) {
  WatchStart start{.tenant = tenant};
  Violations violations;
  if (request.has_start_time()) {
    start.since = TimeFromProto(request.start_time());
    if (!start.since) {
      violations.Add("start_time", "must be a time of the years 1 to 9999");
    } else if (!request.resume_token().empty()) {
      violations.Add("start_time", "and resume_token are both given; keep one");
    }
  }
  WINDROW_RETURN_IF_ERROR(violations.ToStatus());
  if (request.resume_token().empty()) return start;
  const absl::StatusOr<std::int64_t> place = tokens.ReadNumber(request.resume_token());
  if (!place.ok()) {
    violations.Add("resume_token", "is none of this server's, or of another filter");
    return violations.ToStatus();
  }
  start.after = *place;
  return start;
}

}  // namespace

// Reactions of gRPC and pages of the watch come on any thread: what they find goes into
// the state, and Advance does what the state then asks for.
class WatchStream final : public grpc::ServerWriteReactor<v1::WatchDeliveriesResponse>,
                          public Watcher,
                          public AccessHolder,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(Access& access, DeliveryWatch& watch, const RpcMetrics& metrics,
              const v1::WatchDeliveriesRequest& request)
      : access_(access),
        watch_(watch),
        metrics_(metrics),
        tokens_({"watch", request.filter()}) {}

  // Until gRPC is done with it.
  void KeepAlive() { self_ = shared_from_this(); }

  void LetIn(const absl::StatusOr<Caller>& caller,
             const v1::WatchDeliveriesRequest& request) {
    if (!caller.ok()) return Ends(caller.status());
    Begin(caller->tenant, request);
    access_.Hold(*caller, weak_from_this());
  }

  // AccessHolder
  void EndAccess(const absl::Status& status) override { Ends(status); }

  // Watcher
  void Begins(store::ChangeCursor at) override {
    Set([&] {
      place_ = at;
      says_place_ = true;
    });
  }
  void Tell(std::shared_ptr<const WatchPage> page) override {
    Set([&] {
      page_ = std::move(page);
      next_ = 0;
    });
  }
  void Ends(const absl::Status& status) override {
    Set([&] {
      if (!end_) end_ = status;
    });
  }

  // grpc::ServerWriteReactor
  void OnWriteDone(bool ok) override {
    Set([&] {
      writing_ = false;
      if (!ok && !end_) end_ = absl::CancelledError("the caller is gone");
    });
  }
  void OnCancel() override { Ends(absl::CancelledError("the caller ended it")); }
  void OnDone() override {
    watch_.Remove(this);
    std::shared_ptr<WatchStream> last;
    {
      std::lock_guard lock(mutex_);
      last = std::move(self_);
    }
  }

 private:
  enum class Act { kNothing, kWrite, kWantMore, kFinish };

  void Begin(store::TenantId tenant, const v1::WatchDeliveriesRequest& request) {
    const absl::Status added = [&] {
      auto where = filter::Compile(request.filter(), store::kDeliveryFields);
      if (!where.ok()) return where.status();
      where_ = *std::move(where);
      const auto start = StartOf(tenant, request, tokens_);
      if (!start.ok()) return start.status();
      if (start->after) Begins(*start->after);
      return watch_.Add(shared_from_this(), *start);
    }();
    if (!added.ok()) return Ends(added);
    // The call may have ended while its caller was not let in yet.
    bool ended = false;
    {
      std::lock_guard lock(mutex_);
      ended = finished_;
    }
    if (ended) watch_.Remove(this);
  }

  template <typename Change>
  void Set(Change change) {
    // A reaction may come back from within what Advance does: not under the lock.
    const std::shared_ptr<WatchStream> alive = weak_from_this().lock();
    Act act;
    {
      std::lock_guard lock(mutex_);
      change();
      act = Next();
    }
    switch (act) {
      case Act::kNothing:
        break;
      case Act::kWrite:
        StartWrite(&response_);
        break;
      case Act::kWantMore:
        watch_.WantsMore(this);
        break;
      case Act::kFinish:
        metrics_.Count("WatchDeliveries", static_cast<int>(end_->code()));
        Finish(ToGrpcStatus(*end_));
        break;
    }
  }

  // What is to be done now; marks it as under way.
  Act Next() {
    if (finished_ || writing_) return Act::kNothing;
    if (end_) {
      finished_ = true;
      page_.reset();
      return Act::kFinish;
    }
    if (says_place_ ? FillPlace() : FillFromPage()) {
      writing_ = true;
      told_at_ = absl::Now();
      return Act::kWrite;
    }
    return std::exchange(through_, false) ? Act::kWantMore : Act::kNothing;
  }

  bool FillPlace() {
    says_place_ = false;
    response_.Clear();
    response_.set_resume_token(tokens_.Make(place_));
    return true;
  }

  // The next wanted change of the page, or where the page ends, if it is time to say it.
  bool FillFromPage() {
    response_.Clear();
    while (page_ != nullptr && next_ < page_->changes.size()) {
      const store::Change& change = page_->changes[next_++];
      const auto record = page_->records.find(change.delivery_id);
      // One that is gone is nobody's any more.
      if (record == page_->records.end() || !Matches(where_, record->second)) continue;
      store::DeliveryRecord told = record->second;
      if (told.items.size() > store::kListedItems) told.items.resize(store::kListedItems);
      TakeToProto(&told, response_.mutable_delivery());
      TimeToProto(change.changed_at, response_.mutable_change_time());
      // All changes of a place come together: only behind the last of them is a token.
      const bool last =
          next_ == page_->changes.size() || page_->changes[next_].place != change.place;
      if (last) place_ = change.place;
      response_.set_resume_token(tokens_.Make(place_));
      return true;
    }
    if (page_ == nullptr) return false;
    place_ = page_->next;
    page_.reset();
    through_ = true;
    response_.set_resume_token(tokens_.Make(place_));
    return absl::Now() - told_at_ >= kQuiet;
  }

  Access& access_;
  DeliveryWatch& watch_;
  const RpcMetrics metrics_;
  const PageTokens tokens_;
  filter::Filter where_;

  std::mutex mutex_;
  std::shared_ptr<WatchStream> self_;  // until gRPC is done with it
  v1::WatchDeliveriesResponse response_;
  std::shared_ptr<const WatchPage> page_;
  std::size_t next_ = 0;  // change of the page
  store::ChangeCursor place_ = 0;
  absl::Time told_at_ = absl::InfinitePast();
  std::optional<absl::Status> end_;
  bool says_place_ = false;
  bool through_ = false;  // with a page, and has not asked for another
  bool writing_ = false;
  bool finished_ = false;
};

grpc::ServerWriteReactor<v1::WatchDeliveriesResponse>* OpenWatchStream(
    Access& access, DeliveryWatch& watch, const RpcMetrics& metrics,
    const grpc::CallbackServerContext& context,
    const v1::WatchDeliveriesRequest& request) {
  const auto stream = std::make_shared<WatchStream>(access, watch, metrics, request);
  stream->KeepAlive();
  // The request is gRPC's, and gone where the call ends meanwhile.
  access.Admit("WatchDeliveries", CredentialsOf(context),
               [stream, request](const absl::StatusOr<Caller>& caller) {
                 stream->LetIn(caller, request);
               });
  return stream.get();
}

}  // namespace windrow::control_plane
