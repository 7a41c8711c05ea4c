#include "services/control_plane/access.h"

#include <fmt/format.h>

#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "services/control_plane/scopes.h"
#include "services/control_plane/status_mapping.h"

namespace windrow::control_plane {

void AccessMetrics::CountRefusal(Refusal refusal) const {
  if (registry_ == nullptr) return;
  registry_
      ->AddCounter("windrow_server_auth_failures_total",
                   "Calls and streams that were not let in, or let out.",
                   {{"reason", std::string(RefusalText(refusal))}})
      .Increment();
}

void AccessMetrics::CountRateLimited() const {
  if (registry_ == nullptr) return;
  registry_
      ->AddCounter("windrow_server_rate_limited_total",
                   "Calls that were refused because of their key's rate.")
      .Increment();
}

void AccessMetrics::SetKeys(std::size_t keys) const {
  if (registry_ == nullptr) return;
  registry_
      ->AddGauge("windrow_server_api_keys",
                 "API keys in memory, with those that ended lately.")
      .Set(static_cast<double>(keys));
}

void AccessMetrics::CountFailedLoad() const {
  if (registry_ == nullptr) return;
  registry_
      ->AddCounter("windrow_server_failed_key_loads_total",
                   "Looks at the API keys that met an error; the last ones are kept.")
      .Increment();
}

Access::Access(store::AccessStore& store, AccessOptions options, AccessMetrics metrics,
               const Clock& clock)
    : store_(store),
      options_(options),
      metrics_(metrics),
      clock_(clock),
      marked_at_(clock.Now()) {}

std::shared_ptr<const AccessSnapshot> Access::snapshot() const {
  std::lock_guard lock(mutex_);
  return snapshot_;
}

bool Access::HasKeys() const {
  const auto keys = snapshot();
  return keys != nullptr && keys->any();
}

absl::StatusOr<Caller> Access::Verdict(const char* method, const Credentials& credentials,
                                       Refusal* refusal) {
  const auto keys = snapshot();
  const Decision decision =
      Decide(keys.get(), options_.policy, credentials, clock_.Now());
  *refusal = decision.refusal;
  if (decision.refusal != Refusal::kNone) return ToStatus(decision.refusal);
  const domain::Scope has =
      decision.key == nullptr ? domain::Scope::kAdmin : decision.key->stored.spec.scope;
  const std::optional<domain::Scope> wanted = ScopeOf(method);
  if (!wanted || !domain::Allows(has, *wanted)) {
    *refusal = Refusal::kScope;
    return ScopeNeeded(method, has, wanted);
  }
  if (decision.key != nullptr) {
    std::lock_guard lock(mutex_);
    used_.insert(decision.key->stored.key_id);
  }
  return CallerOf(decision.key);
}

void Access::Admit(const char* method, const Credentials& credentials,
                   const Answer& answer) {
  Refusal refusal;
  const absl::StatusOr<Caller> caller = Verdict(method, credentials, &refusal);
  // Perhaps it was made a moment ago.
  if (refusal == Refusal::kUnknown || refusal == Refusal::kUnknownCertificate ||
      refusal == Refusal::kNotLoaded) {
    std::lock_guard lock(mutex_);
    if (!stopping_ && thread_.joinable() && waiting_.size() < options_.waiting_calls) {
      waiting_.push_back({method, credentials, answer});
      changed_.notify_all();
      return;
    }
  }
  if (!caller.ok()) metrics_.CountRefusal(refusal);
  answer(caller);
}

void Access::Hold(const Caller& caller, std::weak_ptr<AccessHolder> holder) {
  {
    std::lock_guard lock(mutex_);
    held_.push_back({caller, holder});
  }
  // Its key may have ended since it was let in.
  const auto keys = snapshot();
  if (keys == nullptr || DecideAgain(*keys, caller, clock_.Now()) == Refusal::kNone) {
    return;
  }
  EndHolders();
}

absl::Status Access::TakeOne(const Caller& caller) const {
  if (caller.pace == nullptr) return absl::OkStatus();
  const absl::Duration wait = caller.pace->TakeOne(clock_.Now());
  if (wait == absl::ZeroDuration()) return absl::OkStatus();
  metrics_.CountRateLimited();
  return WithRetryDelay(
      WithReason(
          absl::ResourceExhaustedError(fmt::format(
              "the API key's rate of {} requests a second is used up: try again in "
              "{}, or use a stream, which is slowed down instead",
              caller.pace->per_second(), absl::FormatDuration(wait))),
          "RATE_LIMITED"),
      wait);
}

absl::Status Access::Load() {
  std::lock_guard loading(loading_);
  const auto before = snapshot();
  absl::StatusOr<std::optional<store::AccessKeys>> keys = store_.LoadAccess(
      before == nullptr ? std::nullopt : std::optional(before->version()));
  if (!keys.ok()) {
    metrics_.CountFailedLoad();
    return keys.status();
  }
  if (!keys->has_value()) return absl::OkStatus();
  const auto after =
      std::make_shared<const AccessSnapshot>(**std::move(keys), before.get());
  metrics_.SetKeys(after->size());
  std::lock_guard lock(mutex_);
  snapshot_ = after;
  return absl::OkStatus();
}

absl::Status Access::Refresh() {
  const absl::Status loaded = Load();
  AnswerWaiting(loaded);
  EndHolders();
  return loaded;
}

void Access::AnswerWaiting(const absl::Status& loaded) {
  std::vector<Waiting> waiting;
  {
    std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (const Waiting& call : waiting) {
    Refusal refusal;
    absl::StatusOr<Caller> caller = Verdict(call.method, call.credentials, &refusal);
    if (!caller.ok() && !loaded.ok()) {
      // Whether it is good cannot be told.
      refusal = Refusal::kNotLoaded;
      caller = ToStatus(refusal);
    }
    if (!caller.ok()) metrics_.CountRefusal(refusal);
    call.answer(caller);
  }
}

void Access::EndHolders() {
  std::vector<std::pair<std::shared_ptr<AccessHolder>, Refusal>> ended;
  {
    std::lock_guard lock(mutex_);
    if (snapshot_ == nullptr) return;
    const absl::Time now = clock_.Now();
    for (auto it = held_.begin(); it != held_.end();) {
      std::shared_ptr<AccessHolder> holder = it->holder.lock();
      const Refusal refusal = DecideAgain(*snapshot_, it->caller, now);
      if (holder != nullptr && refusal == Refusal::kNone) {
        if (!it->caller.key_id.empty()) used_.insert(it->caller.key_id);
        // Not under the lock: it may be the last to let go of it.
        ended.emplace_back(std::move(holder), refusal);
        ++it;
        continue;
      }
      if (holder != nullptr) ended.emplace_back(std::move(holder), refusal);
      it = held_.erase(it);
    }
  }
  for (const auto& [holder, refusal] : ended) {
    if (refusal == Refusal::kNone) continue;
    metrics_.CountRefusal(refusal);
    holder->EndAccess(ToStatus(refusal));
  }
}

void Access::MarkUsed() {
  std::vector<std::string> used;
  {
    std::lock_guard lock(mutex_);
    marked_at_ = clock_.Now();
    used.assign(used_.begin(), used_.end());
    used_.clear();
  }
  if (used.empty()) return;
  const absl::Status marked = store_.MarkApiKeysUsed(used);
  if (!marked.ok()) {
    Log(LogLevel::kWarn, "api_keys_not_marked", {{"error", marked.message()}});
  }
}

void Access::Start() {
  std::lock_guard lock(mutex_);
  thread_ = std::thread([this] { Run(); });
}

void Access::Stop() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  changed_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  AnswerWaiting(absl::UnavailableError("the server is stopping"));
  MarkUsed();
}

void Access::Run() {
  const auto wait = [this](absl::Duration limit, auto until) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(limit),
                      [&] { return stopping_ || until(); });
    return !stopping_;
  };
  absl::StatusCode last = absl::StatusCode::kOk;
  while (wait(options_.least_interval, [] { return false; }) &&
         wait(options_.interval - options_.least_interval,
              [this] { return !waiting_.empty(); })) {
    const absl::Status loaded = Refresh();
    if (loaded.code() != last && !loaded.ok()) {
      Log(LogLevel::kWarn, "api_keys_not_loaded", {{"error", loaded.message()}});
    }
    last = loaded.code();
    if (clock_.Now() - marked_at_ >= options_.mark_interval) MarkUsed();
  }
}

}  // namespace windrow::control_plane
