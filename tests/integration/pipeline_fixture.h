// A whole Windrow over one fresh database: storage, publishers, real programs.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/domain/webhook.h"
#include "common/store/postgres/postgres_store.h"
#include "tests/support/child_process.h"
#include "tests/support/item_receiver.h"
#include "tests/support/postgres_cluster.h"

namespace windrow::integration {

inline constexpr store::TenantId kTenant = store::kDefaultTenant;

// Of loopback, for a program that must be told one: nobody listened there just now.
int FreePort();

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest();
  ~PipelineTest() override;

  // Connections of its own, as another process would have. Few, since tests open many.
  std::unique_ptr<store::postgres::PostgresStore> OpenStore() const;
  store::postgres::PostgresStore& store() { return *store_; }
  testing::TestDatabase& database() { return *database_; }

  // An enabled webhook that wants "ticket.created", with short leases.
  store::StoredWebhook Create(const std::string& name, const std::string& url,
                              domain::Batching batching = {});

  // Publishes `count` events in transactions of at most `batch`, as one server does;
  // answers their numbers. From any thread.
  std::vector<std::int64_t> Publish(int count, int batch = 500) const;

  // bin/windrow-worker on this database; it may send to `receiver`.
  std::unique_ptr<testing::ChildProcess> StartWorker(
      const testing::ItemReceiver& receiver);
  // The same, that may send to all of loopback; `more` are flags of its own.
  std::unique_ptr<testing::ChildProcess> StartLoopbackWorker(
      std::vector<std::string> more);
  // bin/windrow-server, that lets webhooks have addresses of all of loopback.
  std::unique_ptr<testing::ChildProcess> StartLoopbackServer(int port);
  // bin/windrow-server, listening on `port` of loopback; `more` are flags of its own.
  std::unique_ptr<testing::ChildProcess> StartServer(
      int port, const testing::ItemReceiver& receiver,
      std::vector<std::string> more = {});
  // What the programs' and the fixture's key ring holds.
  const std::string& key_ring() const { return key_ring_; }
  // The programs started from now on take their key ring from this file.
  void UseKeyRingFile(const std::string& path) { key_ring_file_ = path; }
  // Of the programs started from now on; else "warn".
  void SetLogLevel(const std::string& level) { log_level_ = level; }
  // The log of every program that was started, for failures.
  std::string Logs() const;

  // How many deliveries the API would list, by state.
  std::map<store::DeliveryState, int> CountDeliveries();
  // False where some delivery is unfinished still after the limit.
  bool WaitUntilAllEnded(absl::Duration limit);

 private:
  // `allowed`: where it may send to.
  std::unique_ptr<testing::ChildProcess> Start(const std::string& program,
                                               std::vector<std::string> args,
                                               const std::string& allowed);

  std::unique_ptr<testing::TestDatabase> database_;
  std::string key_ring_;
  std::string key_ring_file_;  // empty: key_ring_
  std::string log_level_ = "warn";
  std::string log_file_;
  std::unique_ptr<store::postgres::PostgresStore> store_;
};

}  // namespace windrow::integration
