// Filters as SQL conditions. Values are parameters, always: no text of a filter becomes a
// part of a statement.
#pragma once

#include <functional>
#include <string>

#include "common/filter/filter.h"
#include "common/store/postgres/params.h"

namespace windrow::store::postgres {

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

}  // namespace windrow::store::postgres
