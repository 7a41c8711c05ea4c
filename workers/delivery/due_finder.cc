#include "workers/delivery/due_finder.h"

#include <algorithm>

#include "common/base/status.h"

namespace windrow::delivery {
namespace {

// A window that a publisher's lock hid from a claim is found again for this long.
constexpr absl::Duration kOverlap = absl::Seconds(2);
// Shorter than the shortest wait of a batch window: none becomes due unseen.
constexpr absl::Duration kFindAtMost = absl::Milliseconds(500);
constexpr absl::Duration kFindAtLeast = absl::Milliseconds(20);
constexpr absl::Duration kSliceEvery = absl::Seconds(1);
constexpr absl::Duration kScanAllEvery = absl::Milliseconds(250);
constexpr int kBuckets = DueFinder::kBuckets;
constexpr int kSmallestSlice = kBuckets / 16;
// What a slice may take before the next one is smaller, or larger.
constexpr absl::Duration kLongSlice = absl::Milliseconds(8);
constexpr absl::Duration kShortSlice = absl::Milliseconds(2);

}  // namespace

DueFinder::DueFinder(store::DeliveryQueue* queue, DatabaseClock* clock)
    : queue_(queue), clock_(clock) {}

absl::Status DueFinder::Run(ReadySet* ready) {
  const absl::Time now = clock_->local().Now();
  if (scan_all_ && now >= next_scan_all_) {
    WINDROW_RETURN_IF_ERROR(ScanBuckets(0, kBuckets - 1, ready));
    scan_all_ = false;
    next_scan_all_ = now + kScanAllEvery;
    next_slice_ = now + kSliceEvery;
  } else if (now >= next_slice_) {
    WINDROW_RETURN_IF_ERROR(ScanSlice(ready));
    next_slice_ = now + kSliceEvery;
  }
  if (now >= next_find_) return FindDue(ready);
  return absl::OkStatus();
}

// As many buckets as there is time for, so that where webhooks are few a lease that ended
// waits no longer than a second.
absl::Status DueFinder::ScanSlice(ReadySet* ready) {
  const absl::Time start = clock_->local().Now();
  const int end = std::min(slice_from_ + slice_size_, kBuckets);
  WINDROW_RETURN_IF_ERROR(ScanBuckets(slice_from_, end - 1, ready));
  slice_from_ = end % kBuckets;
  const absl::Duration took = clock_->local().Now() - start;
  if (took > kLongSlice) slice_size_ = std::max(slice_size_ / 2, kSmallestSlice);
  if (took < kShortSlice) slice_size_ = std::min(slice_size_ * 2, kBuckets);
  return absl::OkStatus();
}

absl::Status DueFinder::ScanBuckets(int from, int to, ReadySet* ready) {
  WINDROW_ASSIGN_OR_RETURN(const std::vector<Uuid> webhooks,
                           queue_->ScanBuckets(from, to));
  for (const Uuid& webhook : webhooks) ready->Add(webhook);
  return absl::OkStatus();
}

absl::Status DueFinder::FindDue(ReadySet* ready) {
  const absl::Time sent = clock_->local().Now();
  if (cursor_ == absl::InfinitePast()) cursor_ = clock_->Now() - absl::Minutes(1);
  WINDROW_ASSIGN_OR_RETURN(const store::DueScan scan,
                           queue_->FindDue(cursor_ - kOverlap));
  clock_->Learn(scan.now, sent);
  cursor_ = scan.now;
  for (const Uuid& webhook : scan.webhooks) ready->Add(webhook);
  const absl::Duration wait = scan.next.value_or(kFindAtMost);
  next_find_ = sent + std::clamp(wait, kFindAtLeast, kFindAtMost);
  return absl::OkStatus();
}

absl::Duration DueFinder::NextIn() const {
  const absl::Time now = clock_->local().Now();
  absl::Time next = std::min(next_find_, next_slice_);
  if (scan_all_) next = std::min(next, next_scan_all_);
  return std::max(next - now, absl::ZeroDuration());
}

}  // namespace windrow::delivery
