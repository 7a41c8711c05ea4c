// Access control: lets callers in, keeps the keys fresh, and ends what was let in once
// its key is no longer good. docs/adr/0014 says why it is right.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/store/access_store.h"
#include "services/control_plane/access_decision.h"

namespace windrow::control_plane {

struct AccessOptions {
  AccessPolicy policy;
  absl::Duration interval = absl::Seconds(1);               // between looks at the keys
  absl::Duration least_interval = absl::Milliseconds(100);  // where an id is unknown
  absl::Duration mark_interval = absl::Minutes(1);  // between writes of last_used_at
  std::size_t waiting_calls = 256;  // with an unknown id; more are refused
};

// What goes on for longer than one question: a stream.
class AccessHolder {
 public:
  virtual ~AccessHolder() = default;
  // Its key is no longer good. From any thread, and perhaps more than once.
  virtual void EndAccess(const absl::Status& status) = 0;
};

class AccessMetrics {
 public:
  AccessMetrics() = default;
  explicit AccessMetrics(metrics::Registry& registry) : registry_(&registry) {}
  void CountRefusal(Refusal refusal) const;
  void CountRateLimited() const;
  void SetKeys(std::size_t keys) const;
  void CountFailedLoad() const;

 private:
  metrics::Registry* registry_ = nullptr;
};

// Thread-safe. However many callers there are, known or not, the database is asked no
// more than ten times a second, by one small statement.
class Access {
 public:
  Access(store::AccessStore& store, AccessOptions options, AccessMetrics metrics,
         const Clock& clock = SystemClock());
  ~Access() { Stop(); }

  // Reads the keys; until that has succeeded once, nobody is let in. Then callers and
  // holders that waited for it are answered and looked at. Also after every change of
  // keys that is made here.
  absl::Status Refresh();
  void Start();
  // Those who wait are answered with UNAVAILABLE. Once.
  void Stop();

  using Answer = std::function<void(const absl::StatusOr<Caller>&)>;
  // Whether the caller may call `method` (UNAUTHENTICATED, PERMISSION_DENIED). Answers at
  // once, on this thread; where the key is unknown, after the keys were read again, on
  // another.
  void Admit(const char* method, const Credentials& credentials, const Answer& answer);
  // `holder` is told when the caller's key ends.
  void Hold(const Caller& caller, std::weak_ptr<AccessHolder> holder);
  // RESOURCE_EXHAUSTED (RATE_LIMITED) with when to try again; else it has been charged.
  absl::Status TakeOne(const Caller& caller) const;

  // Whether a key was ever made.
  bool HasKeys() const;

 private:
  struct Waiting {
    const char* method;
    Credentials credentials;
    Answer answer;
  };
  struct Held {
    Caller caller;
    std::weak_ptr<AccessHolder> holder;
  };

  std::shared_ptr<const AccessSnapshot> snapshot() const;
  absl::StatusOr<Caller> Verdict(const char* method, const Credentials& credentials,
                                 Refusal* refusal);
  absl::Status Load();
  void AnswerWaiting(const absl::Status& loaded);
  void EndHolders();
  void MarkUsed();
  void Run();

  store::AccessStore& store_;
  const AccessOptions options_;
  const AccessMetrics metrics_;
  const Clock& clock_;

  std::mutex loading_;  // one load at a time
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::shared_ptr<const AccessSnapshot> snapshot_;  // null: not loaded yet
  std::vector<Waiting> waiting_;
  std::list<Held> held_;
  std::set<std::string> used_;  // key ids, since the last mark
  absl::Time marked_at_;
  std::thread thread_;
};

}  // namespace windrow::control_plane
