#include "services/control_plane/publish_batch.h"

#include <absl/container/flat_hash_map.h>
#include <absl/time/clock.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "services/control_plane/publish_plan.h"

namespace windrow::control_plane {
namespace {

// Profiles that change faster than this many reloads are an error of the store's.
constexpr int kMaxReloads = 20;
constexpr int kMaxDoublings = 5;

// The database may answer otherwise next time, whatever the events hold.
bool IsPassing(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status) || absl::IsFailedPrecondition(status);
}

PublishAnswer Duplicate(std::int64_t escmsg_id) {
  return {.escmsg_id = escmsg_id, .duplicate = true};
}

absl::Status AsUnavailable(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  Log(LogLevel::kWarn, "publish_failed",
      {{"error", status.message()}, {"reason", reason}});
  return WithReason(absl::UnavailableError("the database could not take the event now: "
                                           "publish it again"),
                    reason.empty() ? "DATABASE_UNAVAILABLE" : reason);
}

}  // namespace

// One try at one batch.
struct BatchCommitter::Attempt {
  static constexpr std::size_t kNoKey = ~std::size_t{0};

  std::vector<std::size_t> place;       // of the batch's events among the distinct ones
  std::vector<NumberedEvent> distinct;  // without repeats of an event_id
  std::vector<std::size_t> key;         // of the distinct events, in start.keys
  std::vector<PublishAnswer> answers;   // of the distinct events
  std::vector<absl::Status> refusals;   // likewise; OK: none
  std::unordered_map<store::TenantId, MatchTables::Table> tables;
  store::PublishStart start;
};

BatchCommitter::BatchCommitter(store::EventStore& events,
                               store::EventTypeStore& event_types,
                               store::WebhookStore& webhooks, PublishRetries retries,
                               Sleep sleep)
    : events_(events),
      event_types_(event_types),
      tables_(webhooks),
      retries_(retries),
      sleep_(std::move(sleep)),
      random_(std::random_device()()) {}

std::vector<PublishAnswer> BatchCommitter::Commit(std::span<const BatchEvent> batch) {
  std::vector<PublishAnswer> answers(batch.size());
  CommitOrHalve(batch, answers);
  return answers;
}

void BatchCommitter::CommitOrHalve(std::span<const BatchEvent> batch,
                                   std::span<PublishAnswer> answers) {
  absl::Status status = CommitWithRetries(batch, answers);
  if (status.ok()) return;
  const bool blames_events = !IsPassing(status) && !absl::IsAborted(status) &&
                             status.code() != absl::StatusCode::kUnknown;
  if (blames_events && batch.size() > 1) {
    const std::size_t half = batch.size() / 2;
    CommitOrHalve(batch.first(half), answers.first(half));
    CommitOrHalve(batch.subspan(half), answers.subspan(half));
    return;
  }
  if (blames_events) {
    // Its text may hold the event's own.
    Log(LogLevel::kError, "event_refused_by_database",
        {{"code", absl::StatusCodeToString(status.code())}});
    const char* message = "the database refused this event";
    status = absl::IsInvalidArgument(status)
                 ? WithReason(absl::InvalidArgumentError(message), "EVENT_REFUSED")
                 : WithReason(absl::InternalError(message), "EVENT_REFUSED");
  } else if (status.code() != absl::StatusCode::kUnknown) {
    status = AsUnavailable(status);
  }
  for (PublishAnswer& answer : answers) answer = {.status = status};
}

absl::Status BatchCommitter::CommitWithRetries(std::span<const BatchEvent> batch,
                                               std::span<PublishAnswer> answers) {
  int reloads = 0, aborted = 0, unavailable = 0;
  while (true) {
    bool stale = false;
    const absl::Status status = CommitOnce(batch, answers, &stale);
    if (stale) {
      if (++reloads == kMaxReloads) {
        return absl::AbortedError("profiles change too fast to match against");
      }
    } else if (absl::IsAborted(status) && ++aborted < retries_.aborted) {
      Wait(retries_.aborted_wait, aborted);
    } else if (IsPassing(status) && ++unavailable < retries_.unavailable) {
      Wait(retries_.unavailable_wait, unavailable);
    } else {
      return status;
    }
  }
}

absl::Status BatchCommitter::CommitOnce(std::span<const BatchEvent> batch,
                                        std::span<PublishAnswer> answers, bool* stale) {
  Attempt attempt = FoldRepeats(batch);
  WINDROW_RETURN_IF_ERROR(LoadTables(&attempt));
  WINDROW_RETURN_IF_ERROR(CheckTypes(&attempt));
  Match(&attempt);
  WINDROW_ASSIGN_OR_RETURN(auto transaction, events_.BeginPublish(attempt.start));
  *stale = !transaction->stale_tenants().empty();
  for (const store::TenantId tenant : transaction->stale_tenants()) {
    tables_.Forget(tenant);
  }
  if (*stale) return absl::OkStatus();
  Number(*transaction, &attempt);
  WINDROW_RETURN_IF_ERROR(Write(transaction.get(), std::move(attempt.distinct)));

  std::vector<bool> answered(attempt.answers.size(), false);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::size_t place = attempt.place[i];
    answers[i] = attempt.answers[place];
    if (answered[place] && answers[i].status.ok()) {
      answers[i] = Duplicate(answers[i].escmsg_id);
    }
    answered[place] = true;
  }
  return absl::OkStatus();
}

BatchCommitter::Attempt BatchCommitter::FoldRepeats(std::span<const BatchEvent> batch) {
  Attempt attempt;
  attempt.place.reserve(batch.size());
  attempt.distinct.reserve(batch.size());
  absl::flat_hash_map<std::pair<store::TenantId, std::string_view>, std::size_t> seen;
  for (const BatchEvent& event : batch) {
    const std::string& id = event.event->event_id;
    if (!id.empty()) {
      const auto [first, is_new] =
          seen.try_emplace({event.tenant_id, id}, attempt.distinct.size());
      attempt.place.push_back(first->second);
      if (!is_new) continue;
      attempt.key.push_back(attempt.start.keys.size());
      attempt.start.keys.push_back({event.tenant_id, id});
    } else {
      attempt.place.push_back(attempt.distinct.size());
      attempt.key.push_back(Attempt::kNoKey);
    }
    attempt.distinct.push_back({.tenant_id = event.tenant_id, .event = event.event});
  }
  attempt.refusals.resize(attempt.distinct.size());
  attempt.start.new_numbers = static_cast<int>(attempt.distinct.size());
  return attempt;
}

absl::Status BatchCommitter::LoadTables(Attempt* attempt) {
  for (const NumberedEvent& event : attempt->distinct) {
    MatchTables::Table& table = attempt->tables[event.tenant_id];
    if (table != nullptr) continue;
    WINDROW_ASSIGN_OR_RETURN(table, tables_.Get(event.tenant_id));
    attempt->start.tenants.push_back(
        {event.tenant_id, table->matches().config_version()});
  }
  return absl::OkStatus();
}

absl::Status BatchCommitter::CheckTypes(Attempt* attempt) {
  using Verdict = TenantTable::Verdict;
  std::vector<std::size_t> unseen;  // places
  std::map<store::TenantId, std::vector<store::SeenEventType>> learn;
  const domain::KnownType* known = nullptr;
  for (std::size_t i = 0; i < attempt->distinct.size(); ++i) {
    NumberedEvent& event = attempt->distinct[i];
    const TenantTable& table = *attempt->tables[event.tenant_id];
    const Verdict verdict = table.Look(event.event->type, &known);
    if (known != nullptr) event.key_fields = known->key_fields.get();
    if (verdict == Verdict::kKnown) continue;
    unseen.push_back(i);
    if (verdict == Verdict::kRefused) continue;
    learn[event.tenant_id].push_back({event.event->type, event.event->object_type});
  }
  for (const auto& [tenant, types] : learn) {
    WINDROW_ASSIGN_OR_RETURN(const auto learned,
                             event_types_.LearnEventTypes(tenant, types));
    attempt->tables[tenant]->AddLearned(types, learned);
  }
  for (const std::size_t i : unseen) {
    const NumberedEvent& event = attempt->distinct[i];
    TenantTable& table = *attempt->tables[event.tenant_id];
    if (table.Look(event.event->type, &known) == Verdict::kKnown) continue;
    attempt->refusals[i] = table.Refusal(event.event->type);
  }
  return absl::OkStatus();
}

void BatchCommitter::Match(Attempt* attempt) {
  const absl::Time now = absl::Now();
  for (NumberedEvent& event : attempt->distinct) {
    attempt->tables[event.tenant_id]->matches().Find(
        ViewOf(event, now), event.event->previous, &event.matches);
  }
}

// Leaves only the new events among the distinct ones. A repeat of a published event is
// one also where its type would be refused now.
void BatchCommitter::Number(const store::PublishTransaction& transaction,
                            Attempt* attempt) {
  std::vector<NumberedEvent> fresh;
  fresh.reserve(attempt->distinct.size());
  for (std::size_t i = 0; i < attempt->distinct.size(); ++i) {
    const std::size_t key = attempt->key[i];
    if (key != Attempt::kNoKey && transaction.known()[key]) {
      attempt->answers.push_back(Duplicate(*transaction.known()[key]));
      continue;
    }
    if (!attempt->refusals[i].ok()) {
      attempt->answers.push_back({.status = attempt->refusals[i]});
      continue;
    }
    NumberedEvent& event = attempt->distinct[i];
    event.escmsg_id = transaction.numbers()[i];
    attempt->answers.push_back({.escmsg_id = event.escmsg_id,
                                .matched = static_cast<int>(event.matches.size())});
    fresh.push_back(std::move(event));
  }
  attempt->distinct = std::move(fresh);
}

absl::Status BatchCommitter::Write(store::PublishTransaction* transaction,
                                   const std::vector<NumberedEvent>& events) {
  if (events.empty()) return absl::OkStatus();
  const GroupedItems grouped = GroupItems(events, transaction->now());
  std::vector<store::OpenWindow> open;
  if (!grouped.groups.empty()) {
    WINDROW_ASSIGN_OR_RETURN(open, transaction->OpenWindows(grouped.groups));
  }
  return transaction->Commit(
      PlanWrites(events, grouped, open, [&] { return ids_.Next(transaction->now()); }));
}

// Doubles with every try, spread by half either way.
void BatchCommitter::Wait(absl::Duration base, int tries) {
  const double spread = std::uniform_real_distribution<double>(0.5, 1.5)(random_);
  sleep_(base * (1 << std::min(tries - 1, kMaxDoublings)) * spread);
}

}  // namespace windrow::control_plane
