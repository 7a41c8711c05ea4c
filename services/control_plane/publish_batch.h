// Commits one batch of events: the publish transaction with its retries.
#pragma once

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include <functional>
#include <random>
#include <span>
#include <vector>

#include "common/base/uuid.h"
#include "common/store/event_store.h"
#include "services/control_plane/event_mapping.h"
#include "services/control_plane/match_tables.h"
#include "services/control_plane/publish_plan.h"

namespace windrow::control_plane {

// A checked event on its way in.
struct BatchEvent {
  store::TenantId tenant_id = 0;
  const domain::Event* event = nullptr;
};

struct PublishRetries {
  // Another transaction had the same keys or windows.
  int aborted = 10;
  absl::Duration aborted_wait = absl::Milliseconds(2);
  // The database could not be reached.
  int unavailable = 5;
  absl::Duration unavailable_wait = absl::Milliseconds(50);
};

// Not thread-safe: one per committer.
class BatchCommitter {
 public:
  using Sleep = std::function<void(absl::Duration)>;

  BatchCommitter(store::EventStore& events, store::EventTypeStore& event_types,
                 store::WebhookStore& webhooks, PublishRetries retries, Sleep sleep);

  // Answers every event, in order; OK means committed. Repeats of an event_id, inside the
  // batch or of one before, are duplicates of the first.
  //
  // An event of a type that the catalogue does not hold is refused, or its type is
  // learned first, as the tenant chooses (TenantTable). Known types cost no statement.
  //
  // A batch that the database refuses for what it holds is halved until the event to
  // blame is alone: only that one is refused. Where the outcome of a commit is unknown
  // its events are answered UNKNOWN (COMMIT_OUTCOME_UNKNOWN) and not tried again: another
  // try could store those without an event_id twice. Else, where the database cannot be
  // reached after all tries, UNAVAILABLE.
  std::vector<PublishAnswer> Commit(std::span<const BatchEvent> batch);

 private:
  struct Attempt;

  void CommitOrHalve(std::span<const BatchEvent> batch, std::span<PublishAnswer> answers);
  absl::Status CommitWithRetries(std::span<const BatchEvent> batch,
                                 std::span<PublishAnswer> answers);
  // Sets `*stale` where a table was too old: nothing was written, and it is forgotten.
  absl::Status CommitOnce(std::span<const BatchEvent> batch,
                          std::span<PublishAnswer> answers, bool* stale);
  static Attempt FoldRepeats(std::span<const BatchEvent> batch);
  absl::Status LoadTables(Attempt* attempt);
  absl::Status CheckTypes(Attempt* attempt);
  static void Match(Attempt* attempt);
  static void Number(const store::PublishTransaction& transaction, Attempt* attempt);
  absl::Status Write(store::PublishTransaction* transaction,
                     const std::vector<NumberedEvent>& events);
  void Wait(absl::Duration base, int tries);

  store::EventStore& events_;
  store::EventTypeStore& event_types_;
  MatchTables tables_;
  const PublishRetries retries_;
  const Sleep sleep_;
  UuidV7Generator ids_;
  std::minstd_rand random_;
};

}  // namespace windrow::control_plane
