#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/store/postgres/access.h"
#include "common/store/postgres/delivery_sql.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/postgres_store.h"
#include "tests/contract/suites.h"
#include "tests/support/postgres_cluster.h"

namespace windrow::contract {
namespace {

absl::Status Migrate(const std::string& url) {
  std::vector<std::string> applied;
  return store::postgres::Migrate(url, &applied);
}

class PostgresHarness final : public StoreHarness {
 public:
  PostgresHarness()
      : database_(testing::TestDatabase::Create(&Migrate).value()),
        options_({.url = database_->url(), .pool_size = 4}),
        store_(
            store::postgres::PostgresStore::Open(
                options_, crypto::KeyRing::Parse(crypto::KeyRing::GenerateText()).value())
                .value()),
        access_(store::postgres::PostgresAccess::Open(database_->url(), "test").value()) {
  }

  store::WebhookStore& webhooks() override { return *store_; }
  store::EventTypeStore& event_types() override { return *store_; }
  store::EventStore& events() override { return *store_; }
  store::DeliveryQueue& queue() override { return *store_; }
  store::DeliveryStore& deliveries() override { return *store_; }
  store::DeliveryControl& control() override { return *store_; }
  store::OperationStore& operations() override { return *store_; }
  store::RetentionStore& retention() override { return *store_; }
  store::StatsStore& stats() override { return *store_; }
  store::ChangeStore& changes() override { return *store_; }
  store::AccessStore& access() override { return *access_; }
  store::AuditStore& audit() override { return *store_; }

  store::TenantId AddTenant(const std::string& name) override {
    const auto rows = database_
                          ->Query(fmt::format(
                              "WITH t AS (INSERT INTO tenants (name) VALUES ('{}') "
                              "RETURNING tenant_id) "
                              "INSERT INTO config_versions (tenant_id) SELECT tenant_id "
                              "FROM t RETURNING tenant_id",
                              name))
                          .value();
    return std::stoi(rows.at(0).at(0));
  }

  void ShiftWindows(absl::Duration by) override {
    database_
        ->Query(fmt::format("UPDATE windows SET due_at = due_at - interval '{} seconds'",
                            absl::ToInt64Seconds(by)))
        .value();
    database_
        ->Query(
            fmt::format("UPDATE gates SET empty_at = empty_at - interval '{} seconds'",
                        absl::ToInt64Seconds(by)))
        .value();
  }

  void Age(absl::Duration by) override {
    const std::int64_t days = by / absl::Hours(24);
    aged_ += days;
    const auto run = [&](const std::string& sql) { database_->Query(sql).value(); };
    // Where today's rows go, and those that were aged before: with the days beside them.
    for (const std::int64_t back : {days, aged_}) {
      run(fmt::format(
          "SELECT windrow_make_partitions((now() AT TIME ZONE 'UTC')::date - {}, 3)",
          back + 1));
    }
    const auto older = [&](const char* id) {
      return fmt::format(
          "{0} = overlay({0}::text placing "
          "left(windrow_uuid_floor(windrow_uuid_time({0}) "
          "- interval '{1} days')::text, 13) from 1)::uuid",
          id, days);
    };
    const auto earlier = [&](const char* column) {
      return fmt::format("{0} = {0} - interval '{1} days'", column, days);
    };
    run("UPDATE windows SET " + older("window_id") + ", " + earlier("received_at"));
    run("UPDATE window_items SET " + older("window_id") + ", " + earlier("received_at"));
    run("UPDATE deliveries SET " + older("delivery_id") + ", " + earlier("finished_at"));
    for (const char* table : {"attempts", "delivery_bodies"}) {
      run(fmt::format("UPDATE {} SET {}", table, older("delivery_id")));
    }
    run("UPDATE events SET " + earlier("received_at"));
    run("UPDATE audit_log SET " + older("entry_id") + ", " + earlier("at"));
    run(fmt::format("UPDATE event_keys SET day = day - {}", days));
  }

  Uuid Aged(const Uuid& id, absl::Duration by) override {
    Uuid aged = id;
    const Uuid time = store::postgres::FloorId(id.time() - by);
    std::copy_n(time.bytes.begin(), 6, aged.bytes.begin());
    return aged;
  }

  void Tick() override { database_->Query("SELECT pg_sleep(0.002)").value(); }

  std::unique_ptr<store::QueueListener> Listen() override {
    return store::postgres::MakeQueueListener(options_);
  }

 private:
  std::int64_t aged_ = 0;  // days
  std::unique_ptr<testing::TestDatabase> database_;
  store::postgres::PostgresOptions options_;
  std::unique_ptr<store::postgres::PostgresStore> store_;
  std::unique_ptr<store::postgres::PostgresAccess> access_;
};

std::unique_ptr<StoreHarness> MakePostgres() {
  return std::make_unique<PostgresHarness>();
}

}  // namespace

WINDROW_INSTANTIATE_CONTRACT(Postgres, &MakePostgres);

}  // namespace windrow::contract
