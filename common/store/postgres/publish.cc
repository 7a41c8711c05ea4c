// The publish transaction: at most three round trips, one commit.
#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "common/base/fault_point.h"
#include "common/base/status.h"
#include "common/store/postgres/item_marks.h"
#include "common/store/postgres/items.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/rows_param.h"
#include "common/store/postgres/statements.h"
#include "common/store/postgres/transaction.h"

namespace windrow::store::postgres {
namespace {

// NOTIFY carries at most 8,000 bytes: so many ids fit.
constexpr std::size_t kNamesANotify = 200;
constexpr std::size_t kMaxNotifiedWebhooks = 4'000;  // by a transaction

// The fields of kEventRow.
void AddEvent(const NewEvent& e, RowsParam* rows) {
  const domain::Event& event = *e.event;
  rows->NextRow();
  rows->AddInt4(e.tenant_id);
  rows->AddInt8(e.escmsg_id);
  event.occurred_at ? rows->AddInt8(ToPostgresTime(*event.occurred_at))
                    : rows->AddNull(ArrayParam::kInt8);
  rows->AddTextOrNull(event.event_id);
  rows->AddText(event.type);
  rows->AddText(event.object_type);
  rows->AddText(event.object_id);
  rows->AddTextOrNull(event.message);
  rows->AddTextOrNull(event.agent_id);
  e.key_fields_id != 0 ? rows->AddInt4(e.key_fields_id)
                       : rows->AddNull(ArrayParam::kInt4);
  rows->AddText(event.object);
  rows->AddTextOrNull(event.previous);
  rows->AddTextOrNull(event.action);
  rows->AddTextOrNull(LinkedToJson(event.linked));
  if (event.origin_webhook_id) {
    rows->AddUuid(*event.origin_webhook_id);
    rows->AddInt4(event.hops);
  } else {
    rows->AddNull(ArrayParam::kUuid);
    rows->AddNull(ArrayParam::kInt4);
  }
}

Call InsertEvents(const std::vector<NewEvent>& events, std::uint32_t type) {
  RowsParam rows(kEventRow, type);
  for (const NewEvent& e : events) AddEvent(e, &rows);
  return {&kInsertEvents, std::move(Params().Rows(std::move(rows)))};
}

Call InsertKeys(const std::vector<std::pair<EventKey, std::int64_t>>& keys) {
  ArrayParam tenants(ArrayParam::kInt4), ids(ArrayParam::kText),
      numbers(ArrayParam::kInt8);
  for (const auto& [key, number] : keys) {
    tenants.AddInt4(key.tenant_id);
    ids.AddText(key.event_id);
    numbers.AddInt8(number);
  }
  Params params;
  params.Array(std::move(tenants)).Array(std::move(ids)).Array(std::move(numbers));
  return {&kInsertEventKeys, std::move(params)};
}

// The items of many windows as two flat arrays, and each window's slice of them.
class FlatItems {
 public:
  explicit FlatItems(std::size_t windows)
      : first_(ArrayParam::kInt4, windows), last_(ArrayParam::kInt4, windows) {}
  void Add(const std::vector<ItemRef>& items) {
    first_.AddInt4(next_);
    for (const ItemRef& item : items) {
      escmsg_ids_.AddInt8(item.escmsg_id);
      notification_ids_.AddInt4(item.notification_id);
    }
    next_ += static_cast<std::int32_t>(items.size());
    last_.AddInt4(next_ - 1);
  }
  void MoveTo(Params* params) && {
    params->Array(std::move(first_)).Array(std::move(last_));
    params->Array(std::move(escmsg_ids_)).Array(std::move(notification_ids_));
  }

 private:
  ArrayParam first_, last_;
  ArrayParam escmsg_ids_{ArrayParam::kInt8, 512};
  ArrayParam notification_ids_{ArrayParam::kInt4, 512};
  std::int32_t next_ = 1;  // SQL arrays count from 1
};

// The order keys of windows; nothing where none has one.
class OrderKeys {
 public:
  void Add(const std::string& key) {
    if (key.empty()) {
      ++left_out_;
      return;
    }
    for (; left_out_ > 0; --left_out_) keys_.AddNull();
    keys_.AddText(key);
  }
  // unnest() fills up with nulls.
  ArrayParam Finish() && { return std::move(keys_); }

 private:
  ArrayParam keys_{ArrayParam::kText};
  int left_out_ = 0;  // since the last one that was added
};

// The marks of the events of one publish, which are all that its windows' items are of.
class EventMarks {
 public:
  explicit EventMarks(const std::vector<NewEvent>& events) {
    marks_.reserve(events.size());
    for (const NewEvent& e : events) {
      marks_.emplace(e.escmsg_id,
                     TypeMarks(e.event->type) | ObjectMarks(e.event->object_id));
    }
  }
  std::int64_t Of(const std::vector<ItemRef>& items) const {
    std::uint64_t marks = 0;
    for (const ItemRef& item : items) {
      const auto found = marks_.find(item.escmsg_id);
      marks |= found == marks_.end() ? kAnyMarks : found->second;
    }
    return static_cast<std::int64_t>(marks);
  }

 private:
  absl::flat_hash_map<std::int64_t, std::uint64_t> marks_;
};

// The fields of kWindowRow.
void AddWindow(const NewWindow& w, std::int64_t due_us, std::int64_t marks,
               RowsParam* rows) {
  rows->NextRow();
  rows->AddUuid(w.window_id);
  rows->AddInt2(BucketOf(w.webhook_id));
  rows->AddInt4(w.tenant_id);
  rows->AddUuid(w.webhook_id);
  rows->AddInt4(w.webhook_version);
  rows->AddInt8(due_us);
  rows->AddTextOrNull(w.group_key);
  rows->AddInt4(static_cast<std::int32_t>(w.content.bytes));
  rows->AddInt8Array(w.content.items, [](const ItemRef& i) { return i.escmsg_id; });
  rows->AddInt4Array(w.content.items, [](const ItemRef& i) { return i.notification_id; });
  rows->AddTextOrNull(w.order_key);
  rows->AddInt8(marks);
}

Call InsertWindows(const std::vector<NewWindow>& windows, const EventMarks& marks,
                   std::uint32_t type) {
  RowsParam rows(kWindowRow, type);
  std::int64_t order = 0;
  for (const NewWindow& w : windows) {
    // Closed ones a microsecond apart, so that they are claimed in their order.
    AddWindow(w, w.group_key.empty() ? order++ : absl::ToInt64Microseconds(w.wait),
              marks.Of(w.content.items), &rows);
  }
  return {&kInsertWindows, std::move(Params().Rows(std::move(rows)))};
}

Call AppendItems(const std::vector<WindowAppend>& appends, const EventMarks& marks) {
  const std::size_t n = appends.size();
  ArrayParam ids(ArrayParam::kUuid, n), tenants(ArrayParam::kInt4, n),
      bytes(ArrayParam::kInt4, n), closes(ArrayParam::kBool, n),
      marked(ArrayParam::kInt8, n);
  FlatItems items(n);
  for (const WindowAppend& a : appends) {
    ids.AddUuid(a.window_id);
    tenants.AddInt4(a.tenant_id);
    bytes.AddInt4(static_cast<std::int32_t>(a.add.bytes));
    closes.AddBool(a.closes);
    marked.AddInt8(marks.Of(a.add.items));
    items.Add(a.add.items);
  }
  Params params;
  params.Array(std::move(ids)).Array(std::move(tenants)).Array(std::move(bytes));
  params.Array(std::move(closes));
  std::move(items).MoveTo(&params);
  params.Array(std::move(marked));
  return {&kAppendItems, std::move(params)};
}

// Names the webhooks that have something due at once, or none of them: all are to be
// looked at then, which takes a worker some milliseconds for each thousand.
std::vector<Call> NotifyDue(const PublishWrites& writes) {
  std::set<Uuid> webhooks;
  for (const NewWindow& w : writes.windows) {
    if (w.group_key.empty()) webhooks.insert(w.webhook_id);
  }
  for (const WindowAppend& a : writes.appends) {
    if (a.closes) webhooks.insert(a.webhook_id);
  }
  std::vector<std::string> payloads;
  if (webhooks.size() > kMaxNotifiedWebhooks) {
    webhooks.clear();
    payloads.emplace_back("*");
  }
  std::size_t named = 0;
  for (const Uuid& id : webhooks) {
    if (named++ % kNamesANotify == 0) payloads.emplace_back();
    std::string& payload = payloads.back();
    if (!payload.empty()) payload += ',';
    id.AppendTo(&payload);
  }
  std::vector<Call> calls;
  for (const std::string& payload : payloads) {
    calls.push_back({&kNotifyDue, std::move(Params().Text(payload))});
  }
  return calls;
}

class PostgresPublish final : public PublishTransaction {
 public:
  explicit PostgresPublish(Lease lease) : transaction_(std::move(lease)) {}

  absl::Status Start(const PublishStart& start);

  const std::vector<TenantId>& stale_tenants() const override { return stale_; }
  absl::Time now() const override { return now_; }
  const std::vector<std::int64_t>& numbers() const override { return numbers_; }
  const std::vector<std::optional<std::int64_t>>& known() const override {
    return known_;
  }
  absl::StatusOr<std::vector<OpenWindow>> OpenWindows(
      const std::vector<WindowGroup>& groups) override;
  absl::Status Commit(const PublishWrites& writes) override;

 private:
  Transaction transaction_;
  std::vector<TenantId> stale_;
  absl::Time now_;
  std::vector<std::int64_t> numbers_;
  std::vector<std::optional<std::int64_t>> known_;
};

absl::Status PostgresPublish::Start(const PublishStart& start) {
  std::vector<TenantConfig> tenants = start.tenants;
  std::sort(tenants.begin(), tenants.end(),
            [](const auto& a, const auto& b) { return a.tenant_id < b.tenant_id; });
  ArrayParam lock_tenants(ArrayParam::kInt4), match_tenants(ArrayParam::kInt4),
      versions(ArrayParam::kInt8);
  for (const TenantConfig& t : tenants) {
    lock_tenants.AddInt4(t.tenant_id);
    match_tenants.AddInt4(t.tenant_id);
    versions.AddInt8(t.config_version);
  }
  std::vector<Call> calls;
  calls.push_back({&kBegin, {}});
  calls.push_back(
      {&kLockConfigShared, std::move(Params().Array(std::move(lock_tenants)))});
  calls.push_back({&kStartPublish, std::move(Params()
                                                 .Array(std::move(match_tenants))
                                                 .Array(std::move(versions))
                                                 .Int4(start.new_numbers))});
  if (!start.keys.empty()) {
    ArrayParam key_tenants(ArrayParam::kInt4), key_ids(ArrayParam::kText);
    for (const EventKey& key : start.keys) {
      key_tenants.AddInt4(key.tenant_id);
      key_ids.AddText(key.event_id);
    }
    calls.push_back(
        {&kFindEventKeys,
         std::move(Params().Array(std::move(key_tenants)).Array(std::move(key_ids)))});
  }
  WINDROW_ASSIGN_OR_RETURN(std::vector<Result> results, transaction_->RunAll(calls));
  const Result& started = results[2];
  now_ = started.Time(0, 0);
  stale_ = started.Int4s(0, 1);
  numbers_ = started.Int8s(0, 2);
  known_.resize(start.keys.size());
  if (!start.keys.empty()) {
    const Result& found = results[3];
    for (int i = 0; i < found.rows(); ++i) {
      known_.at(static_cast<std::size_t>(found.Int4(i, 0) - 1)) = found.Int8(i, 1);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<OpenWindow>> PostgresPublish::OpenWindows(
    const std::vector<WindowGroup>& groups) {
  const std::size_t n = groups.size();
  UuidV7Generator new_ids;
  ArrayParam ids(ArrayParam::kUuid, n), buckets(ArrayParam::kInt2, n),
      tenants(ArrayParam::kInt4, n), webhooks(ArrayParam::kUuid, n),
      versions(ArrayParam::kInt4, n), waits(ArrayParam::kInt8, n),
      keys(ArrayParam::kText, n), firsts(ArrayParam::kInt8, n);
  OrderKeys orders;
  std::map<std::pair<Uuid, std::string_view>, std::size_t> places;
  for (std::size_t i = 0; i < n; ++i) {
    const WindowGroup& g = groups[i];
    ids.AddUuid(new_ids.Next(now_));
    buckets.AddInt2(BucketOf(g.webhook_id));
    tenants.AddInt4(g.tenant_id);
    webhooks.AddUuid(g.webhook_id);
    versions.AddInt4(g.webhook_version);
    waits.AddInt8(absl::ToInt64Milliseconds(g.wait));
    keys.AddText(g.group_key);
    orders.Add(g.order_key);
    firsts.AddInt8(g.first_escmsg_id);
    places[{g.webhook_id, g.group_key}] = i;
  }
  Params params;
  params.Array(std::move(ids)).Array(std::move(buckets)).Array(std::move(tenants));
  params.Array(std::move(webhooks)).Array(std::move(versions)).Array(std::move(waits));
  params.Array(std::move(keys)).Array(std::move(orders).Finish());
  params.Array(std::move(firsts));
  WINDROW_ASSIGN_OR_RETURN(Result rows, transaction_->Run(kOpenWindows, params));
  std::vector<OpenWindow> open(n);
  if (rows.rows() != static_cast<int>(n)) {
    return absl::InternalError(fmt::format("{} groups, {} open windows", n, rows.rows()));
  }
  for (int i = 0; i < rows.rows(); ++i) {
    const auto place = places.find({rows.Id(i, 1), rows.Text(i, 2)});
    if (place == places.end()) return absl::InternalError("an open window of no group");
    const int items = rows.Int4(i, 3);
    // The row counts the items alone; a body has brackets and commas too.
    const int around = items == 0 ? 0 : items + 1;
    open[place->second] = {
        .window_id = rows.Id(i, 0),
        .fill = {.items = items,
                 .bytes = static_cast<std::size_t>(rows.Int4(i, 4) + around)}};
  }
  return open;
}

absl::Status PostgresPublish::Commit(const PublishWrites& writes) {
  std::vector<Call> calls;
  const EventMarks marks(writes.events);
  if (!writes.keys.empty()) calls.push_back(InsertKeys(writes.keys));
  if (!writes.events.empty()) {
    WINDROW_ASSIGN_OR_RETURN(const std::uint32_t type, transaction_->TypeOf(kEventRow));
    calls.push_back(InsertEvents(writes.events, type));
  }
  if (!writes.appends.empty()) calls.push_back(AppendItems(writes.appends, marks));
  if (!writes.windows.empty()) {
    WINDROW_ASSIGN_OR_RETURN(const std::uint32_t type, transaction_->TypeOf(kWindowRow));
    calls.push_back(InsertWindows(writes.windows, marks, type));
  }
  std::ranges::move(NotifyDue(writes), std::back_inserter(calls));
  calls.push_back({&kCommit, {}});
  WINDROW_FAULT_POINT_OR_RETURN("publish.before_commit");
  const absl::Status status = transaction_->RunAll(calls).status();
  if (status.ok()) {
    WINDROW_FAULT_POINT("publish.after_commit");
    transaction_.SetDone();
    return status;
  }
  if (transaction_.connection()->broken()) {
    return WithReason(
        absl::UnknownError("the database's answer to the commit was lost: publish again "
                           "with the same event_id"),
        "COMMIT_OUTCOME_UNKNOWN");
  }
  if (status.code() == absl::StatusCode::kAlreadyExists && !writes.keys.empty()) {
    return absl::AbortedError("another transaction published one of these event ids");
  }
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PublishTransaction>> PostgresStore::BeginPublish(
    const PublishStart& start) {
  WINDROW_ASSIGN_OR_RETURN(Lease lease, api_.Acquire());
  auto transaction = std::make_unique<PostgresPublish>(std::move(lease));
  WINDROW_RETURN_IF_ERROR(transaction->Start(start));
  return transaction;
}

}  // namespace windrow::store::postgres
