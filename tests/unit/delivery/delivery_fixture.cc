#include "tests/unit/delivery/delivery_fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace windrow::delivery {

http::Response Answer(int status, absl::Duration took) {
  http::Response response;
  response.status = status;
  response.total = took;
  response.headers = "content-type: text/plain\r\n";
  response.body = "thanks";
  response.body_bytes = 6;
  response.remote_address = "203.0.113.7:443";
  return response;
}

http::Response Failure(http::ErrorKind kind, std::string detail) {
  http::Response response;
  response.error = kind;
  response.error_detail = std::move(detail);
  return response;
}

FakeSender::~FakeSender() {
  FinishAll(Failure(http::ErrorKind::kInternal, "shutting down"));
}

void FakeSender::Send(http::Request request, Done done) {
  {
    std::lock_guard lock(mutex_);
    // The test reads it also when the request has ended.
    if (request.body) request.body = std::make_shared<const std::string>(*request.body);
    sent_.push_back(std::make_unique<Sent>(
        Sent{std::move(request), answer_all_ ? nullptr : done, answer_all_}));
  }
  if (answer_all_) done(Answer(200));
}

std::size_t FakeSender::in_flight() const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::ranges::count_if(sent_, [](const auto& sent) { return !sent->answered; }));
}

std::size_t FakeSender::count() const {
  std::lock_guard lock(mutex_);
  return sent_.size();
}

const http::Request& FakeSender::request(std::size_t i) const {
  std::lock_guard lock(mutex_);
  return sent_.at(i)->request;
}

void FakeSender::Finish(std::size_t i, http::Response response) {
  Done done;
  {
    std::lock_guard lock(mutex_);
    Sent& sent = *sent_.at(i);
    if (std::exchange(sent.answered, true)) return;
    done = std::move(sent.done);
  }
  done(std::move(response));
}

void FakeSender::FinishAll(const http::Response& response) {
  const std::size_t all = count();
  for (std::size_t i = 0; i < all; ++i) Finish(i, response);
}

std::vector<std::string> FakeSender::Urls() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> urls;
  for (const auto& sent : sent_) urls.push_back(sent->request.url);
  return urls;
}

std::string HeaderOf(const http::Request& request, const std::string& name) {
  for (const std::string& line : request.headers) {
    if (line.starts_with(name + ": ")) return line.substr(name.size() + 2);
  }
  return {};
}

absl::StatusOr<std::vector<Uuid>> SpyQueue::ScanBuckets(int from, int to) {
  scans.emplace_back(from, to);
  if (before_scan) before_scan();
  return store_->ScanBuckets(from, to);
}

absl::StatusOr<store::Claim> SpyQueue::ClaimWindows(
    store::WorkerId worker, const std::vector<store::WantedWebhook>& wanted,
    absl::Duration slack) {
  claims.push_back(wanted);
  absl::StatusOr<store::Claim> claim = store_->ClaimWindows(worker, wanted, slack);
  if (claim.ok() && after_claim) after_claim(&*claim);
  return claim;
}

absl::StatusOr<int> SpyQueue::Record(const std::vector<store::Outcome>& outcomes) {
  if (before_record) {
    if (absl::Status status = before_record(outcomes); !status.ok()) return status;
  }
  absl::StatusOr<int> late = store_->Record(outcomes);
  if (late.ok()) records.push_back(outcomes);
  return late;
}

absl::StatusOr<std::vector<bool>> SpyQueue::Renew(
    const std::vector<store::HeldWindow>& held, absl::Duration from_now) {
  renewals.push_back(held);
  renewed_for.push_back(from_now);
  return store_->Renew(held, from_now);
}

absl::Status SpyQueue::Release(const std::vector<store::HeldWindow>& held) {
  absl::Status status = store_->Release(held);
  if (status.ok()) released.insert(released.end(), held.begin(), held.end());
  return status;
}

absl::StatusOr<store::StoredWebhook> SpyQueue::LoadWebhook(const Uuid& webhook_id) {
  ++loads;
  const auto error = load_errors.find(webhook_id);
  if (error != load_errors.end()) return error->second;
  return store_->LoadWebhook(webhook_id);
}

DeliveryTest::DeliveryTest(DeliveryOptions options)
    : options_(std::move(options)),
      dispatcher_(options_, {.sender = &sender_,
                             .clock = &clock_,
                             .outcomes = &outcomes_,
                             .room = &claim_wake_,
                             .stopped = &stopped_,
                             .random = [this] { return random_; }}),
      claim_(options_, {.queue = &queue_,
                        .profiles = &profiles_,
                        .dispatcher = &dispatcher_,
                        .outcomes = &outcomes_,
                        .clock = &clock_,
                        .wake = &claim_wake_,
                        .random = [this] { return random_; }}),
      record_(
          {.queue = &queue_,
           .outcomes = &outcomes_,
           .local = &local_,
           .due_soon =
               [this](std::vector<Uuid> webhooks) {
                 claim_.Wake(std::move(webhooks), false);
               },
           .freed =
               [this](std::vector<Uuid> webhooks) { claim_.Freed(std::move(webhooks)); },
           .random = [this] { return random_; }}),
      upkeep_(
          {.queue = &queue_,
           .profiles = &profiles_,
           .dispatcher = &dispatcher_,
           .local = &local_,
           .due_again =
               [this](std::vector<Uuid> webhooks) {
                 claim_.Wake(std::move(webhooks), false);
               },
           .freed =
               [this](std::vector<Uuid> webhooks) { claim_.Freed(std::move(webhooks)); },
           .random = [this] { return random_; }}) {}

DeliveryTest::~DeliveryTest() {
  dispatcher_.StopStarting();
  sender_.FinishAll(Failure(http::ErrorKind::kInternal, "the test is over"));
}

domain::WebhookSpec DeliveryTest::SpecNamed(const std::string& name) {
  domain::WebhookSpec spec;
  spec.name = name;
  spec.url = fmt::format("https://{}.example/hook", name);
  spec.payload = domain::PayloadKind::kFull;
  spec.triggers = {{.event_type = "ticket.created"}};
  spec.timeout = absl::Seconds(30);
  return spec;
}

store::StoredWebhook DeliveryTest::Create(const domain::WebhookSpec& spec) {
  return store_
      .Create(store::kDefaultTenant, spec,
              {.signing_secret = kSecret, .basic_auth_password = "hunter2"})
      .value();
}

store::StoredWebhook DeliveryTest::Update(const store::StoredWebhook& webhook,
                                          const domain::WebhookSpec& spec) {
  const auto now = store_.Get(store::kDefaultTenant, webhook.webhook_id).value();
  return store_
      .Update(store::kDefaultTenant, webhook.webhook_id, now.version, spec, now.secrets)
      .value();
}

Uuid DeliveryTest::PublishWindow(const store::StoredWebhook& webhook, int count) {
  const auto table = store_.LoadMatchTable(store::kDefaultTenant).value();
  const auto& key_fields = table->catalogue().Find("ticket.created")->key_fields;
  auto transaction =
      store_
          .BeginPublish({.tenants = {{store::kDefaultTenant, table->config_version()}},
                         .new_numbers = count})
          .value();
  std::vector<domain::Event> events(static_cast<std::size_t>(count));
  store::PublishWrites writes;
  store::NewWindow window{.window_id = ids_.Next(database_time_.Now()),
                          .tenant_id = store::kDefaultTenant,
                          .webhook_id = webhook.webhook_id,
                          .webhook_version = webhook.version};
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::int64_t number = transaction->numbers()[i];
    events[i].type = "ticket.created";
    events[i].object_type = "ticket";
    events[i].object_id = std::to_string(++objects_);
    events[i].object = fmt::format(R"({{"n": {}}})", objects_);
    writes.events.push_back({store::kDefaultTenant, number, &events[i],
                             key_fields == nullptr ? 0 : key_fields->id()});
    window.content.items.push_back(
        {number, webhook.spec.triggers.front().notification_id});
  }
  window.order_key =
      domain::OrderKey(webhook.spec.ordering, events[0].object_type, events[0].object_id);
  const Uuid id = window.window_id;
  writes.windows.push_back(std::move(window));
  const absl::Status status = transaction->Commit(writes);
  EXPECT_TRUE(status.ok()) << status;
  return id;
}

std::vector<Uuid> DeliveryTest::Publish(const store::StoredWebhook& webhook, int count) {
  std::vector<Uuid> ids;
  for (int i = 0; i < count; ++i) ids.push_back(PublishWindow(webhook, 1));
  claim_.Wake({webhook.webhook_id}, false);
  return ids;
}

Uuid DeliveryTest::PublishBatch(const store::StoredWebhook& webhook, int count) {
  claim_.Wake({webhook.webhook_id}, false);
  return PublishWindow(webhook, count);
}

void DeliveryTest::Advance(absl::Duration by) {
  local_.Advance(by);
  store_.AdvanceClock(by);
}

absl::Duration DeliveryTest::ClaimAll() {
  absl::Duration wait;
  while ((wait = claim_.RunOnce()) == absl::ZeroDuration()) {
  }
  return wait;
}

void DeliveryTest::RecordAll() {
  while (true) {
    const absl::Duration wait = record_.RunOnce();
    if (wait > absl::Milliseconds(10) || outcomes_.size() == 0) return;
    if (wait > absl::ZeroDuration()) Advance(wait);
  }
}

store::DeliveryState DeliveryTest::StateOf(const Uuid& delivery) {
  return Get(delivery).state;
}

store::DeliveryRecord DeliveryTest::Get(const Uuid& delivery) {
  return store_.GetDelivery(store::kDefaultTenant, delivery, true).value();
}

std::vector<store::Attempt> DeliveryTest::AttemptsOf(const Uuid& delivery) {
  return store_.ListAttempts(store::kDefaultTenant, delivery, 0, 100).value().attempts;
}

}  // namespace windrow::delivery
