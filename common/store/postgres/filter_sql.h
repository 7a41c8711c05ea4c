// Filters as SQL conditions. Values are parameters, always: no text of a filter becomes a
// part of a statement.
#pragma once

#include <functional>
#include <string>

#include "common/filter/filter.h"
#include "common/store/postgres/params.h"

namespace windrow::store::postgres {

struct SqlText {
  std::string sql;
  Params params;
};

// The SQL of one test: a condition, which may be null for false.
using TestSql = std::function<std::string(const filter::Test& test)>;

// The whole filter as a condition that is never null.
std::string ConditionSql(const filter::Filter& where, const TestSql& test_sql);

// `value`, some SQL, compared with what is wanted, which is added to the parameters. They
// are null where the value is.
std::string TextSql(const std::string& value, const filter::TextPattern& wanted,
                    Params* params);
std::string IdSql(const std::string& value, const Uuid& wanted, Params* params);
std::string NumberSql(const std::string& value, const filter::NumberRange& wanted,
                      Params* params);
std::string TimeSql(const std::string& value, const filter::TimeRange& wanted,
                    Params* params);
// One of the texts in `values`, an array, is wanted.
std::string AnyTextSql(const std::string& values, const filter::TextPattern& wanted,
                       Params* params);

// A walk along an index, whose records are judged one by one.
struct Walk {
  std::string sql;    // the records, in order, at most `examine` of them
  std::string order;  // of them, over `r`: "r.delivery_id DESC"
  // Over `r`, never null: true of every record that the condition is true of. Where it is
  // false nothing is joined.
  std::string possible = "true";
  // " JOIN LATERAL (…) AS whole ON true": the record, where the walk has of it only what
  // `order`, which is then of one column, `possible` and `work` look at.
  std::string whole = {};
  std::string joins = {};  // " LEFT JOIN …", what the condition looks at beside `r`
  std::string condition;   // over `r`: never null
  std::string work = "1";  // over `r`: of judging one, in records
  int examine = 0;
  int limit = 0;
};

// The rows of the walk that are wanted, at most `limit` and one, and the last one that
// was looked at, as columns of `r` with `wanted` and `spent` (int8): the work up to this
// row. No row is looked at once `examine` is spent.
std::string JudgedSql(const Walk& walk);

}  // namespace windrow::store::postgres
