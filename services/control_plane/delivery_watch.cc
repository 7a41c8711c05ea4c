#include "services/control_plane/delivery_watch.h"

#include <fmt/format.h>

#include "common/base/log.h"
#include "common/base/status.h"

namespace windrow::control_plane {
namespace {

absl::Status Stopping() {
  return WithReason(absl::UnavailableError("the server stops: go on elsewhere, with the "
                                           "last resume_token"),
                    "SERVER_STOPPING");
}

// What passes by itself: the place is kept, and looked at again.
bool Passes(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status) ||
         absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status);
}

}  // namespace

WatchMetrics WatchMetrics::In(metrics::Registry& registry) {
  return {.watchers =
              registry.AddGauge("windrow_watch_streams", "Open WatchDeliveries streams."),
          .told = registry.AddCounter("windrow_watched_changes_total",
                                      "Changes that were read for streams.")};
}

void DeliveryWatch::Start() {
  thread_ = std::thread([this] { Run(); });
}

void DeliveryWatch::Stop() {
  std::vector<std::shared_ptr<Watcher>> all;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [key, entry] : entries_) all.push_back(entry.watcher);
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (const auto& watcher : all) End(watcher, Stopping());
}

absl::Status DeliveryWatch::Add(const std::shared_ptr<Watcher>& watcher,
                                const WatchStart& start) {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return Stopping();
    if (entries_.size() >= limits_.watchers) {
      return WithReason(
          absl::ResourceExhaustedError(fmt::format(
              "{} streams watch this server already: end one, or ask another server",
              entries_.size())),
          "TOO_MANY_WATCHES");
    }
    entries_[watcher.get()] = {.watcher = watcher, .start = start, .at = start.after};
    metrics_.watchers.Set(static_cast<double>(entries_.size()));
    hurry_ = true;
  }
  changed_.notify_all();
  return absl::OkStatus();
}

void DeliveryWatch::Remove(const Watcher* watcher) {
  std::shared_ptr<Watcher> removed;  // destroyed outside of the lock
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(watcher);
  if (found == entries_.end()) return;
  removed = std::move(found->second.watcher);
  entries_.erase(found);
  metrics_.watchers.Set(static_cast<double>(entries_.size()));
}

void DeliveryWatch::WantsMore(const Watcher* watcher) {
  {
    std::lock_guard lock(mutex_);
    const auto found = entries_.find(watcher);
    if (found == entries_.end()) return;
    found->second.wants = true;
    if (!found->second.more) return;  // the next look is soon enough
    hurry_ = true;
  }
  changed_.notify_all();
}

bool DeliveryWatch::Move(const Watcher* watcher, store::ChangeCursor at, bool wants,
                         bool more) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(watcher);
  if (found == entries_.end()) return false;
  found->second.at = at;
  found->second.wants = wants;
  found->second.more = more;
  return true;
}

void DeliveryWatch::End(const std::shared_ptr<Watcher>& watcher,
                        const absl::Status& status) {
  Remove(watcher.get());
  watcher->Ends(status);
}

absl::StatusOr<store::ChangeCursor> DeliveryWatch::PlaceOf(const WatchStart& start) {
  return start.since ? changes_.ChangesSince(*start.since) : changes_.LastChange();
}

void DeliveryWatch::FindPlaces() {
  std::vector<Entry> news;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      if (!entry.at) news.push_back(entry);
    }
  }
  for (const Entry& entry : news) {
    const absl::StatusOr<store::ChangeCursor> at = PlaceOf(entry.start);
    if (at.ok()) {
      if (Move(entry.watcher.get(), *at, /*wants=*/true, /*more=*/true)) {
        entry.watcher->Begins(*at);
      }
    } else if (!Passes(at.status())) {
      End(entry.watcher, at.status());
    }
  }
}

std::map<DeliveryWatch::Place, std::vector<std::shared_ptr<Watcher>>>
DeliveryWatch::Waiting() {
  std::map<Place, std::vector<std::shared_ptr<Watcher>>> waiting;
  std::lock_guard lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    if (entry.at && entry.wants) {
      waiting[{entry.start.tenant, *entry.at}].push_back(entry.watcher);
    }
  }
  return waiting;
}

bool DeliveryWatch::Read(const Place& place,
                         const std::vector<std::shared_ptr<Watcher>>& watchers) {
  absl::StatusOr<store::ChangePage> page =
      changes_.ReadChanges(place.first, place.second);
  auto told = std::make_shared<WatchPage>();
  absl::Status status = page.status();
  if (page.ok()) {
    std::vector<Uuid> ids;
    for (const store::Change& change : page->changes) ids.push_back(change.delivery_id);
    auto records = changes_.LoadDeliveries(place.first, ids);
    status = records.status();
    if (records.ok()) {
      for (store::DeliveryRecord& record : *records) {
        told->records.emplace(record.delivery_id, std::move(record));
      }
    }
  }
  if (!status.ok()) {
    if (Passes(status)) return false;
    for (const auto& watcher : watchers) End(watcher, status);
    return false;
  }
  metrics_.told.Increment(static_cast<double>(page->changes.size() * watchers.size()));
  told->changes = std::move(page->changes);
  told->next = page->next;
  const bool quiet = told->next == place.second;
  for (const auto& watcher : watchers) {
    const bool there = Move(watcher.get(), told->next, /*wants=*/quiet, page->more);
    if (there && !quiet) watcher->Tell(told);
  }
  return page->more;
}

absl::Duration DeliveryWatch::RunOnce() {
  FindPlaces();
  bool more = false;
  for (const auto& [place, watchers] : Waiting()) more |= Read(place, watchers);
  return more ? absl::ZeroDuration() : limits_.interval;
}

void DeliveryWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (entries_.empty()) {
      changed_.wait(lock, [&] { return stopping_ || !entries_.empty(); });
      continue;
    }
    hurry_ = false;
    lock.unlock();
    const absl::Duration wait = RunOnce();
    lock.lock();
    changed_.wait_for(lock, absl::ToChronoNanoseconds(wait),
                      [&] { return stopping_ || hurry_; });
  }
}

}  // namespace windrow::control_plane
