#include "common/store/postgres/delivery_condition.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <variant>
#include <vector>

#include "common/store/list_fields.h"
#include "common/store/postgres/item_marks.h"

namespace windrow::store::postgres {
namespace {

using filter::Filter;

constexpr char kWindowState[] =
    "CASE WHEN r.group_key IS NOT NULL THEN 1 WHEN r.lease_owner IS NOT NULL THEN 3 "
    "WHEN r.attempt > 0 THEN 4 ELSE 2 END";

std::string ItemTestSql(const char* one, const char* many, const filter::Test& test,
                        Params* params) {
  if (std::holds_alternative<filter::Present>(test.wanted)) return "true";
  const auto& wanted = std::get<filter::TextPattern>(test.wanted);
  return fmt::format("{} OR {}", TextSql(one, wanted, params),
                     AnyTextSql(many, wanted, params));
}

std::string NumberTestSql(const char* value, const filter::Test& test, Params* params) {
  const auto* range = std::get_if<filter::NumberRange>(&test.wanted);
  if (range == nullptr) return fmt::format("{} IS NOT NULL", value);
  return NumberSql(fmt::format("({})", value), *range, params);
}

std::string DeliveryTestSql(const DeliveryColumns& columns, const filter::Test& test,
                            Params* params) {
  const bool present = std::holds_alternative<filter::Present>(test.wanted);
  switch (DeliveryFieldOf(*test.field)) {
    case DeliveryField::kWebhookId:
      return present ? "true"
                     : IdSql("r.webhook_id", std::get<Uuid>(test.wanted), params);
    case DeliveryField::kState:
      return NumberTestSql(columns.state, test, params);
    case DeliveryField::kEventType:
      return ItemTestSql(columns.event_type, columns.event_types, test, params);
    case DeliveryField::kObjectId:
      return ItemTestSql(columns.object_id, columns.object_ids, test, params);
    case DeliveryField::kStatusCode:
      return NumberTestSql(columns.status_code, test, params);
    case DeliveryField::kError:
      return NumberTestSql(columns.error, test, params);
    case DeliveryField::kCreateTime:
      if (present) return "true";
      return "true" +
             AndIds(columns.id, IdsOf(std::get<filter::TimeRange>(test.wanted)), params);
    case DeliveryField::kFinishTime:
      break;
  }
  if (present) return fmt::format("{} IS NOT NULL", columns.finished_at);
  return TimeSql(columns.finished_at, std::get<filter::TimeRange>(test.wanted), params);
}

// `r` says all that the test asks for.
bool AsksNothingElse(const DeliveryColumns& columns, const filter::Test& test) {
  switch (DeliveryFieldOf(*test.field)) {
    case DeliveryField::kStatusCode:
    case DeliveryField::kError:
      return false;
    case DeliveryField::kEventType:
    case DeliveryField::kObjectId:
      return columns.marks == nullptr;
    default:
      return true;
  }
}

// What the other tests demand of `r`, to be true.
std::string NeedOf(const DeliveryColumns& columns, const filter::Test& test,
                   Params* params) {
  const auto attempt = [&](const char* own) {
    return fmt::format("(({}) OR ({}) IS TRUE)", columns.attempted,
                       NumberTestSql(own, test, params));
  };
  const auto marks = [&](auto marks_of) -> std::string {
    const auto* wanted = std::get_if<filter::TextPattern>(&test.wanted);
    if (wanted == nullptr || !wanted->exact()) return "true";
    params->Int8(static_cast<std::int64_t>(marks_of(wanted->text)));
    return fmt::format("({0} & ${1}::int8 = ${1}::int8)", columns.marks, params->size());
  };
  switch (DeliveryFieldOf(*test.field)) {
    case DeliveryField::kStatusCode:
      return attempt(columns.own_status_code);
    case DeliveryField::kError:
      return attempt(columns.own_error);
    case DeliveryField::kEventType:
      return marks(TypeMarks);
    case DeliveryField::kObjectId:
      return marks(ObjectMarks);
    default:
      return "true";
  }
}

// Whether the filter may come to be true, or to be false where it is `negated`.
std::string PossibleSql(const DeliveryColumns& columns, const Filter& where, bool negated,
                        Params* params) {
  if (where.kind == Filter::Kind::kNot) {
    return PossibleSql(columns, where.operands.front(), !negated, params);
  }
  if (where.kind == Filter::Kind::kTest) {
    if (AsksNothingElse(columns, where.test)) {
      return fmt::format("(({}) IS {}TRUE)", DeliveryTestSql(columns, where.test, params),
                         negated ? "NOT " : "");
    }
    return negated ? "true" : NeedOf(columns, where.test, params);
  }
  const bool all = (where.kind == Filter::Kind::kAll) != negated;
  if (where.operands.empty()) return all ? "true" : "false";
  std::vector<std::string> operands;
  for (const Filter& operand : where.operands) {
    operands.push_back(PossibleSql(columns, operand, negated, params));
  }
  return fmt::format("({})", fmt::join(operands, all ? " AND " : " OR "));
}

}  // namespace

const DeliveryColumns kWindowColumns = {.in_queue = true,
                                        .id = "r.window_id",
                                        .state = kWindowState,
                                        .event_type = "one.type",
                                        .event_types = "i.types",
                                        .object_id = "one.object_id",
                                        .object_ids = "i.objects",
                                        .status_code = "a.status_code",
                                        .error = "nullif(a.error, 0)",
                                        .finished_at = "NULL::timestamptz",
                                        .attempted = "r.attempt > 0",
                                        .marks = "r.item_marks",
                                        .own_status_code = "NULL::int2",
                                        .own_error = "NULL::int2"};

const DeliveryColumns kFinishedColumns = {
    .in_queue = false,
    .id = "r.delivery_id",
    .state = "r.state",
    .event_type = "r.event_type",
    .event_types = "r.event_types",
    .object_id = "r.object_id",
    .object_ids = "r.object_ids",
    .status_code = "coalesce(r.status_code, a.status_code)",
    .error = "nullif(coalesce(r.error, a.error), 0)",
    .finished_at = "r.finished_at",
    .attempted = "r.status_code IS NULL AND r.attempt_count > 0",
    .marks = nullptr,
    .own_status_code = "r.status_code",
    .own_error = "nullif(r.error, 0)"};

Uuid FloorId(absl::Time time) {
  const std::int64_t ms =
      std::max<std::int64_t>(0, (absl::ToUnixMicros(time) + 999) / 1'000);
  Uuid id;
  for (int i = 0; i < 6; ++i) {
    id.bytes[static_cast<std::size_t>(i)] =
        static_cast<std::uint8_t>(ms >> (8 * (5 - i)) & 0xff);
  }
  return id;
}

std::optional<Uuid> NextId(const Uuid& id) {
  Uuid next = id;
  for (auto byte = next.bytes.rbegin(); byte != next.bytes.rend(); ++byte) {
    if (++*byte != 0) return next;
  }
  return std::nullopt;
}

IdRange IdsOf(const filter::TimeRange& created) {
  IdRange ids;
  if (created.from != absl::InfinitePast()) ids.from = FloorId(created.from);
  if (created.until != absl::InfiniteFuture()) ids.until = FloorId(created.until);
  return ids;
}

std::string AndIds(const char* column, const IdRange& ids, Params* params) {
  std::string sql;
  const auto add = [&](const char* op, const Uuid& id) {
    params->Id(id);
    sql += fmt::format(" AND {} {} ${}::uuid", column, op, params->size());
  };
  if (ids.from) add(">=", *ids.from);
  if (ids.until) add("<", *ids.until);
  return sql;
}

std::string DeliveryConditionSql(const DeliveryColumns& columns, const Filter& where,
                                 Params* params) {
  return ConditionSql(where, [&](const filter::Test& test) {
    return DeliveryTestSql(columns, test, params);
  });
}

std::string PossibleDeliverySql(const DeliveryColumns& columns, const Filter& where,
                                Params* params) {
  return PossibleSql(columns, where, false, params);
}

}  // namespace windrow::store::postgres
