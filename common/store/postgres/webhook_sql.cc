#include "common/store/postgres/webhook_sql.h"

#include <fmt/format.h>

#include <variant>

namespace windrow::store::postgres {
namespace {

constexpr char kOrder[] = "r.webhook_id DESC";

std::string LabelTestSql(const filter::Test& test, Params* params) {
  if (test.key.empty()) return "cardinality(r.label_keys) > 0";
  params->Text(test.key);
  const int key = params->size();
  const auto* wanted = std::get_if<filter::TextPattern>(&test.wanted);
  if (wanted == nullptr) return fmt::format("${}::text = ANY (r.label_keys)", key);
  return fmt::format(
      "EXISTS (SELECT FROM unnest(r.label_keys, r.label_values) AS l(key, value) WHERE "
      "l.key = ${}::text AND {})",
      key, TextSql("l.value", *wanted, params));
}

std::string WebhookTestSql(const filter::Test& test, Params* params) {
  const WebhookField field = WebhookFieldOf(*test.field);
  if (field == WebhookField::kLabels) return LabelTestSql(test, params);
  // Every webhook has a value in each of the others.
  if (std::holds_alternative<filter::Present>(test.wanted)) return "true";
  const auto text = [&] { return std::get<filter::TextPattern>(test.wanted); };
  switch (field) {
    case WebhookField::kName:
      return TextSql("r.name", text(), params);
    case WebhookField::kUrl:
      return TextSql("r.url", text(), params);
    case WebhookField::kEventType:
      return AnyTextSql("r.event_types", text(), params);
    case WebhookField::kEnabled:
      return NumberSql("r.enabled::int4", std::get<filter::NumberRange>(test.wanted),
                       params);
    default:
      break;
  }
  return TimeSql("r.created_at", std::get<filter::TimeRange>(test.wanted), params);
}

}  // namespace

SqlText ListWebhooksSql(TenantId tenant, const WebhookQuery& query) {
  Params params;
  params.Int4(tenant);
  std::string before;
  if (query.before) {
    params.Id(*query.before);
    before = fmt::format(" AND r.webhook_id < ${}::uuid", params.size());
  }
  Walk walk{.sql = fmt::format("SELECT r.* FROM webhooks r WHERE r.tenant_id = $1::int4 "
                               "AND r.deleted_at IS NULL{} ORDER BY {} LIMIT {}",
                               before, kOrder, query.examine),
            .order = kOrder,
            .examine = query.examine,
            .limit = query.limit};
  walk.condition = ConditionSql(query.where, [&](const filter::Test& test) {
    return WebhookTestSql(test, &params);
  });
  std::string sql = fmt::format(
      "SELECT r.webhook_id, r.tenant_id, r.version, r.spec::text, r.secrets, "
      "r.created_at, r.updated_at, r.failing_since, r.failures, r.disable_reason, "
      "r.wanted, r.spent FROM ({}) AS r ORDER BY {}",
      JudgedSql(walk), kOrder);
  return SqlText{std::move(sql), std::move(params)};
}

}  // namespace windrow::store::postgres
