#include "common/store/postgres/sealed_secrets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <utility>

#include "common/base/status.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/params.h"
#include "common/store/postgres/statements.h"

namespace windrow::store::postgres {
namespace {

std::string BigEndian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::uint32_t ReadBigEndian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

absl::StatusOr<std::unique_ptr<Connection>> Connect(const std::string& url) {
  WINDROW_ASSIGN_OR_RETURN(
      std::unique_ptr<Connection> connection,
      Connection::Open({.url = url, .application_name = "windrow keys"}));
  WINDROW_RETURN_IF_ERROR(CheckSchema(connection.get()));
  return connection;
}

absl::StatusOr<std::vector<SealingKeyUse>> Count(Connection* connection) {
  WINDROW_ASSIGN_OR_RETURN(const Result rows,
                           connection->Run(kCountSealingKeys, Params()));
  std::vector<SealingKeyUse> uses;
  for (int i = 0; i < rows.rows(); ++i) {
    uses.push_back({.key_id = ReadBigEndian(rows.Text(i, 0)),
                    .webhooks = rows.Int8(i, 1),
                    .examples = rows.Texts(i, 2)});
  }
  return uses;
}

absl::Status CheckKeys(const std::vector<SealingKeyUse>& uses,
                       const crypto::KeyRing& ring) {
  std::vector<std::string> missing;
  for (const SealingKeyUse& use : uses) {
    if (ring.Has(use.key_id)) continue;
    missing.push_back(fmt::format(
        "key {}, under which the secrets of {} webhooks are sealed, such as {}",
        use.key_id, use.webhooks, fmt::join(use.examples, ", ")));
  }
  if (missing.empty()) return absl::OkStatus();
  return WithReason(
      absl::FailedPreconditionError(fmt::format(
          "the key ring lacks {}: put it back in the ring; nothing was changed",
          fmt::join(missing, ", and "))),
      "SECRETS_KEY_MISSING");
}

// The boxes of `rows` under the ring's first key.
absl::StatusOr<Params> Resealed(const Result& rows, const crypto::KeyRing& ring) {
  ArrayParam ids(ArrayParam::kUuid, rows.rows());
  ArrayParam boxes(ArrayParam::kBytea, rows.rows());
  for (int i = 0; i < rows.rows(); ++i) {
    const std::string place = SecretsPlace(rows.Int4(i, 1), rows.Id(i, 0));
    const absl::StatusOr<std::string> plain = ring.Open(rows.Text(i, 2), place);
    if (!plain.ok()) {
      return absl::Status(plain.status().code(),
                          fmt::format("webhook {}: {}", rows.Id(i, 0).ToString(),
                                      std::string(plain.status().message())));
    }
    ids.AddUuid(rows.Id(i, 0));
    boxes.AddText(ring.Seal(*plain, place));
  }
  Params params;
  params.Array(std::move(ids)).Array(std::move(boxes));
  return params;
}

struct Batch {
  int resealed = 0;
  Uuid last;
};

absl::StatusOr<Batch> ResealBatch(Connection* connection, const crypto::KeyRing& ring,
                                  const Uuid& after, int limit) {
  WINDROW_ASSIGN_OR_RETURN(
      const Result rows,
      connection->Run(kLockSealedSecrets,
                      Params().Id(after).Text(BigEndian(ring.sealing_id())).Int4(limit)));
  if (rows.rows() == 0) return Batch{};
  WINDROW_ASSIGN_OR_RETURN(const Params params, Resealed(rows, ring));
  WINDROW_RETURN_IF_ERROR(connection->Run(kResealSecrets, params).status());
  return Batch{rows.rows(), rows.Id(rows.rows() - 1, 0)};
}

}  // namespace

std::string SecretsPlace(TenantId tenant, const Uuid& webhook_id) {
  return fmt::format("{}/{}/secrets", tenant, webhook_id.ToString());
}

absl::StatusOr<std::vector<SealingKeyUse>> CountSealingKeys(const std::string& url) {
  WINDROW_ASSIGN_OR_RETURN(const auto connection, Connect(url));
  return Count(connection.get());
}

absl::StatusOr<std::int64_t> ResealSecrets(const std::string& url,
                                           const crypto::KeyRing& ring,
                                           const ResealOptions& options) {
  WINDROW_ASSIGN_OR_RETURN(const auto connection, Connect(url));
  WINDROW_ASSIGN_OR_RETURN(const auto uses, Count(connection.get()));
  WINDROW_RETURN_IF_ERROR(CheckKeys(uses, ring));
  std::int64_t resealed = 0;
  Uuid after;
  while (true) {
    WINDROW_RETURN_IF_ERROR(connection->RunScript("BEGIN"));
    absl::StatusOr<Batch> batch =
        ResealBatch(connection.get(), ring, after, options.batch);
    if (!batch.ok()) {
      (void)connection->RunScript("ROLLBACK");
      return batch.status();
    }
    WINDROW_RETURN_IF_ERROR(connection->RunScript("COMMIT"));
    if (batch->resealed == 0) return resealed;
    resealed += batch->resealed;
    after = batch->last;
    if (options.progress) options.progress(resealed);
  }
}

}  // namespace windrow::store::postgres
