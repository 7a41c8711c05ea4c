// Making a connection: where to, with which settings, and what is between.
#include <fmt/format.h>
#include <libpq-fe.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/store/postgres/connection.h"

namespace windrow::store::postgres {
namespace {

// A setting that PostgreSQL lets anybody make up: where it can be read, the session has
// what this connection asked for.
constexpr char kMark[] = "windrow.session";
constexpr char kMarked[] = "own";
// A server that is stopped, or a host that hangs, is given up so long after the server's
// own timeout.
constexpr absl::Duration kAnswerSlack = absl::Seconds(15);

using Settings = std::vector<std::pair<const char*, std::string>>;

std::string Milliseconds(absl::Duration timeout) {
  return fmt::format("{}", absl::ToInt64Milliseconds(timeout));
}

Settings SettingsOf(const ConnectOptions& options) {
  return {{"statement_timeout", Milliseconds(options.timeouts.statement)},
          {"lock_timeout", Milliseconds(options.timeouts.lock)},
          {"idle_in_transaction_session_timeout",
           Milliseconds(options.timeouts.idle_in_transaction)},
          {"timezone", "UTC"},
          {"jit", "off"},
          {"plan_cache_mode", "force_generic_plan"},
          {"enable_seqscan", "off"},
          {"enable_mergejoin", "off"},
          // Where autovacuum saw the queue empty, a bitmap of all that a tenant has in it
          // looks as cheap as the few rows that are wanted.
          {"enable_bitmapscan", "off"},
          {"synchronous_commit", options.synchronous_commit ? "on" : "off"}};
}

std::string ForTransaction(const Settings& settings) {
  std::string sql = "SELECT ";
  for (const auto& [name, value] : settings) {
    if (sql.back() == ')') sql += ", ";
    sql += fmt::format("set_config('{}', '{}', true)", name, value);
  }
  return sql;
}

// What an operator's URL says of some keys.
struct UrlFacts {
  bool several_hosts = false;
  std::string options;
};

UrlFacts ReadUrl(const std::string& url) {
  UrlFacts facts;
  PQconninfoOption* const parsed = PQconninfoParse(url.c_str(), nullptr);
  for (const PQconninfoOption* o = parsed; o != nullptr && o->keyword != nullptr; ++o) {
    if (o->val == nullptr) continue;
    const std::string_view keyword = o->keyword;
    if (keyword == "host" || keyword == "hostaddr") {
      facts.several_hosts |= std::string_view(o->val).find(',') != std::string_view::npos;
    }
    if (keyword == "options") facts.options = o->val;
  }
  PQconninfoFree(parsed);
  return facts;
}

std::string ForSession(const UrlFacts& facts, const Settings& settings) {
  std::string options = facts.options;
  for (const auto& [name, value] : settings) {
    options += fmt::format(" -c {}={}", name, value);
  }
  return options + fmt::format(" -c {}={}", kMark, kMarked);
}

std::string FirstLine(const char* text) {
  std::string line(text == nullptr ? "" : text);
  return line.substr(0, line.find('\n'));
}

std::string_view MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

// What PgBouncer says of session options, which it has no place for.
bool RefusesOptions(const absl::Status& status) {
  return MessageOf(status).find("unsupported startup parameter") !=
         std::string_view::npos;
}

}  // namespace

Connection::Connection(pg_conn* connection, const ConnectOptions& options)
    : connection_(connection),
      answer_timeout_(options.timeouts.statement == absl::ZeroDuration()
                          ? absl::InfiniteDuration()
                          : options.timeouts.statement + kAnswerSlack),
      settings_(ForTransaction(SettingsOf(options))),
      errors_(options.errors) {}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const ConnectOptions& options) {
  absl::StatusOr<std::unique_ptr<Connection>> made =
      Connect(options, /*with_session_options=*/!options.pooled);
  if (options.pooled || (!made.ok() && RefusesOptions(made.status()))) {
    if (!options.pooled) made = Connect(options, /*with_session_options=*/false);
    if (made.ok()) (*made)->pooled_ = true;
  } else if (made.ok()) {
    WINDROW_RETURN_IF_ERROR((*made)->FindPooler());
  }
  if (!made.ok() && options.errors != nullptr) {
    options.errors->Note(KindOfConnectError(MessageOf(made.status())), made.status());
  }
  return made;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Connect(
    const ConnectOptions& options, bool with_session_options) {
  const UrlFacts facts = ReadUrl(options.url);
  const std::string session =
      with_session_options ? ForSession(facts, SettingsOf(options)) : "";
  // The URL is over what is before it, and under what follows.
  std::vector<std::pair<const char*, const char*>> given = {
      {"connect_timeout", "5"},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "15000"},
      {"target_session_attrs", facts.several_hosts ? "read-write" : "any"},
      {"dbname", options.url.c_str()},
      {"application_name", options.application_name.c_str()},
      {"client_encoding", "UTF8"}};
  if (with_session_options || !facts.options.empty()) {
    given.emplace_back("options", session.c_str());
  }
  std::vector<const char*> keys, values;
  for (const auto& [key, value] : given) {
    keys.push_back(key);
    values.push_back(value);
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* const made = PQconnectdbParams(keys.data(), values.data(), /*expand_dbname=*/1);
  std::unique_ptr<Connection> connection(new Connection(made, options));
  if (PQstatus(made) != CONNECTION_OK) {
    return StatusOfConnectError(FirstLine(PQerrorMessage(made)));
  }
  PQsetNoticeReceiver(
      made,
      [](void* warned, const PGresult* notice) {
        const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
        if (severity != nullptr && std::string_view(severity) == "WARNING") {
          *static_cast<bool*>(warned) = true;
        }
      },
      &connection->warned_);
  return connection;
}

// A pooler may take session options and not hand them on.
absl::Status Connection::FindPooler() {
  WINDROW_ASSIGN_OR_RETURN(
      const Result rows,
      RunText(fmt::format("SELECT coalesce(current_setting('{}', true), '')", kMark)));
  pooled_ = rows.Text(0, 0) != kMarked;
  return absl::OkStatus();
}

}  // namespace windrow::store::postgres
