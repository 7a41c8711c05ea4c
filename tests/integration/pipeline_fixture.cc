#include "tests/integration/pipeline_fixture.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "common/store/postgres/migrate.h"
#include "services/control_plane/publish_batch.h"
#include "tests/integration/wait_for.h"

namespace windrow::integration {
namespace {

absl::Status Migrate(const std::string& url) {
  std::vector<std::string> applied;
  return store::postgres::Migrate(url, &applied);
}

// One for each test: a program that was killed may still hold the one before.
std::string NextLogFile() {
  static int last = 0;
  return fmt::format("{}/programs-{}.log",
                     testing::PostgresCluster::Shared().value()->folder(), ++last);
}

std::string AddressOf(const testing::ItemReceiver& receiver) {
  return fmt::format("127.0.0.1:{}", receiver.port());
}

domain::Event TicketCreated(int number) {
  domain::Event event;
  event.type = "ticket.created";
  event.object_type = "ticket";
  event.object_id = std::to_string(number);
  event.object = fmt::format(R"({{"id":{},"summary":"printer on fire"}})", number);
  return event;
}

}  // namespace

int FreePort() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(listener, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  close(listener);
  return ntohs(address.sin_port);
}

PipelineTest::PipelineTest()
    : database_(testing::TestDatabase::Create(&Migrate).value()),
      key_ring_(crypto::KeyRing::GenerateText()),
      log_file_(NextLogFile()),
      store_(OpenStore()) {}

PipelineTest::~PipelineTest() {
  if (HasFailure()) ADD_FAILURE() << "logs of the programs:\n" << Logs();
}

std::unique_ptr<store::postgres::PostgresStore> PipelineTest::OpenStore() const {
  return store::postgres::PostgresStore::Open({.url = database_->url(), .pool_size = 2},
                                              crypto::KeyRing::Parse(key_ring_).value())
      .value();
}

store::StoredWebhook PipelineTest::Create(const std::string& name, const std::string& url,
                                          domain::Batching batching) {
  domain::WebhookSpec spec;
  spec.name = name;
  spec.url = url;
  spec.payload = domain::PayloadKind::kSmall;
  spec.triggers = {{.event_type = "ticket.created"}};
  spec.batching = batching;
  spec.timeout = absl::Seconds(3);
  spec.retry.delays.assign(20, absl::Milliseconds(100));
  return store_
      ->Create(kTenant, spec,
               {.signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
      .value();
}

std::vector<std::int64_t> PipelineTest::Publish(int count, int batch) const {
  const auto own_store = OpenStore();
  control_plane::BatchCommitter committer(*own_store, *own_store, *own_store, {},
                                          [](absl::Duration d) { absl::SleepFor(d); });
  std::vector<std::int64_t> numbers;
  while (static_cast<int>(numbers.size()) < count) {
    const int size = std::min(batch, count - static_cast<int>(numbers.size()));
    std::vector<domain::Event> events;
    for (int i = 0; i < size; ++i) events.push_back(TicketCreated(i));
    std::vector<control_plane::BatchEvent> batch_events;
    for (const domain::Event& event : events) batch_events.push_back({kTenant, &event});
    for (const auto& answer : committer.Commit(batch_events)) {
      if (!answer.status.ok()) throw std::runtime_error(answer.status.ToString());
      numbers.push_back(answer.escmsg_id);
    }
  }
  return numbers;
}

std::unique_ptr<testing::ChildProcess> PipelineTest::Start(const std::string& program,
                                                           std::vector<std::string> args,
                                                           const std::string& allowed) {
  args.insert(args.end(),
              {"--database-url", database_->url(), "--ops-listen", "off", "--allow-http",
               "--allow-addresses", allowed, "--log-level", log_level_});
  return testing::ChildProcess::Start(
             {.program = program,
              .args = std::move(args),
              .env = {key_ring_file_.empty() ? "WINDROW_KEY_RING=" + key_ring_
                                             : "WINDROW_KEY_RING_FILE=" + key_ring_file_},
              .log_file = log_file_})
      .value();
}

std::unique_ptr<testing::ChildProcess> PipelineTest::StartWorker(
    const testing::ItemReceiver& receiver) {
  return Start(WINDROW_WORKER_PROGRAM,
               {"--lease-slack", "1s", "--max-in-flight", "200", "--concurrency", "50"},
               AddressOf(receiver));
}

std::unique_ptr<testing::ChildProcess> PipelineTest::StartLoopbackWorker(
    std::vector<std::string> more) {
  return Start(WINDROW_WORKER_PROGRAM, std::move(more), "127.0.0.0/8");
}

std::unique_ptr<testing::ChildProcess> PipelineTest::StartLoopbackServer(int port) {
  return Start(WINDROW_SERVER_PROGRAM, {"--listen", fmt::format("127.0.0.1:{}", port)},
               "127.0.0.0/8");
}

std::unique_ptr<testing::ChildProcess> PipelineTest::StartServer(
    int port, const testing::ItemReceiver& receiver, std::vector<std::string> more) {
  more.insert(more.end(), {"--listen", fmt::format("127.0.0.1:{}", port)});
  return Start(WINDROW_SERVER_PROGRAM, std::move(more), AddressOf(receiver));
}

std::string PipelineTest::Logs() const {
  std::ostringstream text;
  text << std::ifstream(log_file_).rdbuf();
  return text.str();
}

std::map<store::DeliveryState, int> PipelineTest::CountDeliveries() {
  std::map<store::DeliveryState, int> counts;
  // Not of the fixture's store: its connections may have been lost with the database.
  const auto own_store = OpenStore();
  store::DeliveryQuery query{.limit = 1'000};
  while (true) {
    const auto page = own_store->ListDeliveries(kTenant, query).value();
    for (const auto& record : page.deliveries) ++counts[record.state];
    if (!page.more) return counts;
    query.after = page.position;
  }
}

bool PipelineTest::WaitUntilAllEnded(absl::Duration limit) {
  return WaitFor(
      [this] {
        return database_->Query("SELECT 1 FROM windows LIMIT 1").value().empty();
      },
      limit);
}

}  // namespace windrow::integration
