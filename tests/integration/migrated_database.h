// A database with Windrow's schema, of a test's own, and a connection to it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/store/postgres/connection.h"
#include "common/store/postgres/migrate.h"
#include "tests/support/postgres_cluster.h"

namespace windrow::store::postgres {

inline absl::Status MigrateForTest(const std::string& url) {
  std::vector<std::string> applied;
  return Migrate(url, &applied);
}

class MigratedDatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = windrow::testing::TestDatabase::Create(MigrateForTest);
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    auto connection = Connection::Open({.url = database_->url()});
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
  }

  std::unique_ptr<windrow::testing::TestDatabase> database_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace windrow::store::postgres
