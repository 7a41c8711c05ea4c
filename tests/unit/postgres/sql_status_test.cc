#include "common/store/postgres/sql_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/base/status.h"

namespace windrow::store::postgres {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* sqlstate;
  const char* kind;
  absl::StatusCode code;
  const char* reason;
};

constexpr Case kCases[] = {
    {"", "connection_lost", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
    {"08006", "connection_lost", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
    {"08P01", "connection_lost", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
    {"25P03", "connection_lost", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
    {"57P01", "shutting_down", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
    {"57P02", "shutting_down", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
    {"57P03", "shutting_down", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
    {"53300", "out_of_connections", absl::StatusCode::kUnavailable,
     "DATABASE_OUT_OF_CONNECTIONS"},
    {"53100", "disk_full", absl::StatusCode::kUnavailable, "DATABASE_FULL"},
    {"53200", "out_of_memory", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
    {"58030", "input_output", absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE"},
    {"25006", "read_only", absl::StatusCode::kUnavailable, "DATABASE_READ_ONLY"},
    {"40001", "conflict", absl::StatusCode::kAborted, "DATABASE_CONFLICT"},
    {"40P01", "conflict", absl::StatusCode::kAborted, "DATABASE_CONFLICT"},
    {"0A000", "conflict", absl::StatusCode::kAborted, "DATABASE_CONFLICT"},
    {"55P03", "lock_timeout", absl::StatusCode::kAborted, "DATABASE_LOCKED"},
    {"57014", "statement_timeout", absl::StatusCode::kDeadlineExceeded, ""},
    {"23505", "unique", absl::StatusCode::kAlreadyExists, ""},
    {"42501", "permission", absl::StatusCode::kFailedPrecondition, "DATABASE_PERMISSION"},
    {"42P01", "schema", absl::StatusCode::kFailedPrecondition, "SCHEMA_MISMATCH"},
    {"22P02", "data", absl::StatusCode::kInvalidArgument, ""},
    {"XX000", "other", absl::StatusCode::kInternal, ""},
};

TEST(SqlStatusTest, EachErrorIsWhatItMeans) {
  for (const Case& c : kCases) {
    const absl::Status status = StatusFromSqlState(c.sqlstate, "its text", "claim");
    EXPECT_EQ(NameOf(KindOf(c.sqlstate)), c.kind) << c.sqlstate;
    EXPECT_EQ(status.code(), c.code) << c.sqlstate;
    EXPECT_EQ(ReasonOf(status), c.reason) << c.sqlstate;
    EXPECT_THAT(std::string(status.message()), HasSubstr("its text"));
    EXPECT_THAT(std::string(status.message()), HasSubstr("statement claim"));
  }
}

TEST(SqlStatusTest, KindsHaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i < kErrorKinds; ++i) names.insert(NameOf(static_cast<ErrorKind>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kErrorKinds));
}

TEST(SqlStatusTest, WhatCannotConnectSaysWhy) {
  const std::pair<const char*, const char*> cases[] = {
      {"connection refused", "cannot_connect"},
      {"FATAL:  sorry, too many clients already", "out_of_connections"},
      {"FATAL:  remaining connection slots are reserved for non-replication superuser "
       "connections",
       "out_of_connections"},
      {"FATAL:  no more connections allowed (max_client_conn)", "out_of_connections"},
      {"session is read-only", "read_only"},
  };
  for (const auto& [message, kind] : cases) {
    EXPECT_EQ(NameOf(KindOfConnectError(message)), kind);
    EXPECT_TRUE(absl::IsUnavailable(StatusOfConnectError(message)));
  }
}

}  // namespace
}  // namespace windrow::store::postgres
