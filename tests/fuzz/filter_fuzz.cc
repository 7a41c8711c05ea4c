// Filters of lists (AIP-160): a filter that is read can be written and read again, a bad
// one is refused with its place, and no text of one gets into a statement.
#include <algorithm>
#include <charconv>
#include <span>

#include "common/base/status.h"
#include "common/filter/filter.h"
#include "common/filter/parser.h"
#include "common/store/postgres/delivery_sql.h"
#include "common/store/postgres/event_sql.h"
#include "common/store/postgres/webhook_sql.h"
#include "tests/fuzz/target.h"

namespace windrow::fuzz {
namespace {

using filter::Filter;
using store::postgres::SqlText;

void CheckRefusal(const absl::Status& status, std::size_t size) {
  Require(absl::IsInvalidArgument(status), "a bad filter is bad input");
  constexpr std::string_view kPlace = "at position ";
  for (const Violation& violation : ViolationsOf(status)) {
    if (!violation.rule.starts_with(kPlace)) continue;
    std::size_t position = 0;
    std::from_chars(violation.rule.data() + kPlace.size(),
                    violation.rule.data() + violation.rule.size(), position);
    Require(position >= 1 && position <= size + 1, "a place lies in the filter");
  }
  Require(ViolationsOf(status).size() == 1, "the first fault is named");
}

// The same with other texts and ids of which no two become one, and which would end any
// quotes that they stood in.
Filter Renamed(Filter where) {
  const auto rename = [](std::string* text) {
    if (!text->empty()) *text = "'\"$$%_\\" + *text + "{0}--;";
  };
  for (Filter& operand : where.operands) operand = Renamed(std::move(operand));
  rename(&where.test.key);
  if (auto* pattern = std::get_if<filter::TextPattern>(&where.test.wanted)) {
    rename(&pattern->text);
  } else if (auto* id = std::get_if<Uuid>(&where.test.wanted)) {
    for (std::uint8_t& byte : id->bytes) byte ^= 0xff;
  }
  return where;
}

// Every statement that a list of deliveries may run.
std::vector<SqlText> DeliveryStatements(const Filter& where) {
  const store::DeliveryQuery query{.where = where};
  const store::postgres::DeliveryScan scan{.tenant = 1,
                                           .query = &query,
                                           .access = store::postgres::AccessOf(where),
                                           .limit = 50,
                                           .examine = 5'000};
  std::vector<SqlText> statements;
  if (!scan.access.webhooks.empty()) statements.push_back(CountWindowsSql(scan));
  if (scan.access.unfinished) statements.push_back(ListWindowsSql(scan));
  if (scan.access.finished.empty()) return statements;
  if (!scan.access.object_ids.empty()) statements.push_back(CountMixedSql(scan));
  statements.push_back(ListFinishedSql(scan));
  return statements;
}

std::vector<SqlText> EventStatements(const Filter& where) {
  const store::EventQuery query{.where = where};
  const auto access = store::postgres::AccessOfEvents(where);
  return {store::postgres::ListEventsSql({.tenant = 1,
                                          .query = &query,
                                          .access = access,
                                          .received = access.received,
                                          .limit = 50,
                                          .examine = 5'000})};
}

std::vector<SqlText> WebhookStatements(const Filter& where) {
  return {store::postgres::ListWebhooksSql(1, {.where = where})};
}

void CheckParameters(const SqlText& statement) {
  std::string_view sql = statement.sql;
  while (sql.find('$') != sql.npos) {
    sql.remove_prefix(sql.find('$') + 1);
    int number = 0;
    std::from_chars(sql.data(), sql.data() + sql.size(), number);
    Require(number >= 1 && number <= statement.params.size(), "each parameter is given");
  }
}

void CheckList(std::string_view text, filter::Fields fields,
               std::vector<SqlText> (*statements_of)(const Filter&)) {
  const auto where = filter::Compile(text, fields);
  if (!where.ok()) return CheckRefusal(where.status(), text.size());
  const std::vector<SqlText> statements = statements_of(*where);
  const std::vector<SqlText> renamed = statements_of(Renamed(*where));
  Require(statements.size() == renamed.size(), "texts decide on no statement");
  for (std::size_t i = 0; i < statements.size(); ++i) {
    Require(statements[i].sql == renamed[i].sql, "no text gets into a statement");
    CheckParameters(statements[i]);
  }
  // Of a record with no value at all.
  const auto nothing = [](const filter::Test&) { return std::vector<filter::Value>(); };
  const Filter negated{.kind = Filter::Kind::kNot, .operands = {*where}};
  Require(Matches(*where, nothing) != Matches(negated, nothing), "NOT turns it round");
}

}  // namespace

WINDROW_FUZZ_TARGET(filter) {
  const auto expression = filter::Parse(input);
  if (!expression.ok()) {
    CheckRefusal(expression.status(), input.size());
  } else if (const std::string text = filter::ToText(*expression);
             text.size() <= filter::kMaxFilterBytes) {
    const auto again = filter::Parse(text);
    Require(again.ok() && *again == *expression, "what is written is read as the same");
    Require(filter::ToText(*again) == text, "and written as the same");
  }
  CheckList(input, store::kDeliveryFields, &DeliveryStatements);
  CheckList(input, store::kEventFields, &EventStatements);
  CheckList(input, store::kWebhookFields, &WebhookStatements);
}

}  // namespace windrow::fuzz
