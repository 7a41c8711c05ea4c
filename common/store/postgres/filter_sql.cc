#include "common/store/postgres/filter_sql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace windrow::store::postgres {
namespace {

using filter::Filter;

// "$3::text", for the parameter that was added last.
std::string Last(const Params& params, std::string_view type) {
  return fmt::format("${}::{}", params.size(), type);
}

// The pattern of LIKE, in which the text's own signs stand for themselves.
std::string LikePattern(const filter::TextPattern& wanted) {
  std::string pattern = wanted.any_before ? "%" : "";
  for (const char c : wanted.text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + (wanted.any_after ? "%" : "");
}

std::string Compared(const filter::TextPattern& wanted, Params* params) {
  if (wanted.exact()) {
    params->Text(wanted.text);
    return "= " + Last(*params, "text");
  }
  params->Text(LikePattern(wanted));
  return "LIKE " + Last(*params, "text");
}

std::string Joined(const Filter& where, const char* separator, const TestSql& test_sql) {
  std::vector<std::string> operands;
  for (const Filter& operand : where.operands) {
    operands.push_back(ConditionSql(operand, test_sql));
  }
  return fmt::format("({})", fmt::join(operands, separator));
}

}  // namespace

std::string ConditionSql(const Filter& where, const TestSql& test_sql) {
  switch (where.kind) {
    case Filter::Kind::kAll:
      return where.operands.empty() ? "true" : Joined(where, " AND ", test_sql);
    case Filter::Kind::kAny:
      return Joined(where, " OR ", test_sql);
    case Filter::Kind::kNot:
      return "(NOT " + ConditionSql(where.operands.front(), test_sql) + ")";
    case Filter::Kind::kTest:
      break;
  }
  return fmt::format("(({}) IS TRUE)", test_sql(where.test));
}

std::string TextSql(const std::string& value, const filter::TextPattern& wanted,
                    Params* params) {
  return value + " " + Compared(wanted, params);
}

std::string AnyTextSql(const std::string& values, const filter::TextPattern& wanted,
                       Params* params) {
  if (wanted.exact()) {
    params->Text(wanted.text);
    return fmt::format("{} = ANY ({})", Last(*params, "text"), values);
  }
  return fmt::format("EXISTS (SELECT FROM unnest({}) AS one WHERE one {})", values,
                     Compared(wanted, params));
}

std::string IdSql(const std::string& value, const Uuid& wanted, Params* params) {
  params->Id(wanted);
  return value + " = " + Last(*params, "uuid");
}

std::string NumberSql(const std::string& value, const filter::NumberRange& wanted,
                      Params* params) {
  params->Int8(wanted.from);
  std::string sql = value + " >= " + Last(*params, "int8");
  if (wanted.until == INT64_MAX) return sql;
  params->Int8(wanted.until);
  return sql + " AND " + value + " < " + Last(*params, "int8");
}

std::string TimeSql(const std::string& value, const filter::TimeRange& wanted,
                    Params* params) {
  std::vector<std::string> ends;
  if (wanted.from != absl::InfinitePast()) {
    params->Time(wanted.from);
    ends.push_back(value + " >= " + Last(*params, "timestamptz"));
  }
  if (wanted.until != absl::InfiniteFuture()) {
    params->Time(wanted.until);
    ends.push_back(value + " < " + Last(*params, "timestamptz"));
  }
  return fmt::format("{}", fmt::join(ends, " AND "));
}

// OFFSET 0 keeps the planner from judging twice: once to filter, and once to show.
std::string JudgedSql(const Walk& walk) {
  const std::string within = fmt::format("r.spent - {} < {}", walk.work, walk.examine);
  const std::string numbered = fmt::format(
      "SELECT r.*, (sum({}) OVER w)::int8 AS spent, lead(true) OVER w IS NULL AS last "
      "FROM ({}) AS r WINDOW w AS (ORDER BY {} ROWS UNBOUNDED PRECEDING)",
      walk.work, walk.sql, walk.order);
  const std::string end = fmt::format("(r.last OR r.spent >= {})", walk.examine);
  // The walk's own id: of the record's the planner does not know that it comes in order.
  const std::size_t id = walk.order.find(' ');
  const bool joins_whole = !walk.whole.empty();
  const std::string order = joins_whole ? "r.walked" + walk.order.substr(id) : walk.order;
  const std::string columns = joins_whole
                                  ? fmt::format("whole.*, r.spent, r.last, {} AS walked",
                                                walk.order.substr(0, id))
                                  : "*";
  return fmt::format(
      "SELECT * FROM (SELECT r.*, {} AS wanted FROM (SELECT {} FROM ({}) AS r{} WHERE {} "
      "AND ({} OR {})) AS r{} ORDER BY {} OFFSET 0) AS r WHERE r.wanted OR {} "
      "ORDER BY {} LIMIT {}",
      walk.condition, columns, numbered, walk.whole, within, walk.possible, end,
      walk.joins, order, end, order, walk.limit + 1);
}

}  // namespace windrow::store::postgres
