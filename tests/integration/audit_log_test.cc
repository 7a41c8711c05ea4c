// The audit log in a real database: no change without its entry, no entry without its
// change, and never a secret.
#include <fmt/format.h>
#include <rapidcheck.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/store/postgres/access.h"
#include "tests/integration/pipeline_fixture.h"

namespace windrow::integration {
namespace {

using store::Author;

const Author kAda{kTenant, "api_key:ada"};
const domain::ApiKeySpec kKey{
    .name = "CI", .secret_sha256 = std::string(32, '\x81'), .created_by = kAda.name};

class AuditLogTest : public PipelineTest {
 protected:
  // All of a table, as text.
  std::string Dump(const std::string& table) {
    std::string text;
    const auto rows =
        database().Query(fmt::format("SELECT t::text FROM {} t ORDER BY 1", table));
    for (const auto& row : rows.value()) text += row.at(0) + "\n";
    return text;
  }
  // What changes change.
  std::string World() {
    std::string text;
    for (const char* table :
         {"webhooks", "webhook_versions", "event_types", "tenants", "operations",
          "windows", "deliveries", "api_keys", "audit_log"}) {
      text += Dump(table);
    }
    return text;
  }
  void Run(const std::string& sql) { database().Query(sql).value(); }

  using Change = std::pair<const char*, std::function<absl::Status()>>;

  // One of each kind, on what is there.
  std::vector<Change> Changes() {
    webhook_ = Create("Tickets", "https://a.example/hook");
    Publish(2);
    const auto waiting = store().ListDeliveries(kTenant, {}).value().deliveries;
    type_ = store().CreateEventType(kAda, {.name = "a.b", .object_type = "t"}).value();
    operation_ = store().CreateOperation(kAda, {.filter = "state = FAILED"}).value();
    access_ =
        store::postgres::PostgresAccess::Open(database().url(), "audit_log_test").value();
    EXPECT_TRUE(access_->CreateApiKey(kTenant, "old", kKey).ok());
    return {
        {"create a webhook",
         [this] {
           domain::WebhookSpec spec = webhook_.spec;
           spec.name = "Other";
           return store().Create(kAda, spec, {}).status();
         }},
        {"update a webhook",
         [this] {
           domain::WebhookSpec spec = webhook_.spec;
           spec.description = "x";
           return store()
               .Update(kAda, webhook_.webhook_id, webhook_.version, spec,
                       webhook_.secrets)
               .status();
         }},
        {"redeliver",
         [this, id = waiting.at(0).delivery_id] {
           return store().Redeliver(kAda, {id}).status();
         }},
        {"cancel a delivery",
         [this, id = waiting.at(1).delivery_id] {
           return store().Cancel(kAda, id, "by hand");
         }},
        {"update a type",
         [this] {
           domain::EventTypeSpec spec = type_.spec;
           spec.description = "x";
           return store().UpdateEventType(kAda, type_.version, spec).status();
         }},
        {"delete a type",
         [this] { return store().DeleteEventType(kAda, type_.spec.name, {}); }},
        {"create a type",
         [this] {
           return store()
               .CreateEventType(kAda, {.name = "c.d", .object_type = "t"})
               .status();
         }},
        {"refuse unknown types",
         [this] { return store().SetUnknownTypes(kAda, domain::UnknownTypes::kRefuse); }},
        {"create an API key",
         [this] { return access_->CreateApiKey(kTenant, "new", kKey).status(); }},
        {"revoke an API key",
         [this] { return access_->RevokeApiKey(kAda, "old").status(); }},
        {"start an operation",
         [this] {
           return store().CreateOperation(kAda, {.filter = "state = OPEN"}).status();
         }},
        {"cancel an operation",
         [this] {
           return store().CancelOperation(kAda, operation_.operation_id).status();
         }},
        {"delete a webhook",
         [this] { return store().Delete(kAda, webhook_.webhook_id, {}); }},
    };
  }

 private:
  store::StoredWebhook webhook_;
  store::StoredEventType type_;
  store::StoredOperation operation_;
  std::unique_ptr<store::AccessStore> access_;
};

TEST_F(AuditLogTest, NoChangeIsMadeWithoutItsEntry) {
  const std::vector<Change> changes = Changes();
  Run("ALTER TABLE audit_log ADD CONSTRAINT refused CHECK (false) NOT VALID");
  const std::string before = World();
  for (const auto& [name, change] : changes) {
    EXPECT_FALSE(change().ok()) << name;
    EXPECT_EQ(World(), before) << name;
  }
  Run("ALTER TABLE audit_log DROP CONSTRAINT refused");
  for (const auto& [name, change] : changes) {
    const auto entries = [&] {
      return store().ListAuditEntries(kTenant, {}).value().entries.size();
    };
    const std::size_t had = entries();
    EXPECT_TRUE(change().ok()) << name;
    EXPECT_EQ(entries(), had + 1) << name;
  }
}

// The commit itself is refused, by checks of what was changed that wait for it.
TEST_F(AuditLogTest, NoEntryIsLeftByWhatIsRolledBack) {
  const std::vector<Change> changes = Changes();
  Run("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'refused'; END $$");
  for (const char* table :
       {"webhooks", "event_types", "tenants", "operations", "windows", "api_keys"}) {
    Run(fmt::format(
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE OR DELETE ON "
        "{} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "
        "refuse()",
        table));
  }
  const std::string before = World();
  for (const auto& [name, change] : changes) {
    // What is due already is sent at once, without any change of it.
    if (std::string_view(name) == "redeliver") continue;
    EXPECT_FALSE(change().ok()) << name;
    EXPECT_EQ(World(), before) << name;
  }
}

TEST_F(AuditLogTest, NoSecretIsInTheLogWhateverIsSaved) {
  using Secrets = domain::WebhookSecrets;
  constexpr std::string Secrets::*kSecrets[] = {
      &Secrets::signing_secret,       &Secrets::basic_auth_password,
      &Secrets::bearer_token,         &Secrets::api_key,
      &Secrets::oauth2_client_secret, &Secrets::certificate_chain,
      &Secrets::private_key,          &Secrets::previous_signing_secret,
      &Secrets::signing_key,          &Secrets::previous_signing_key};
  int count = 0;
  std::vector<std::string> used;
  const auto any_secrets = [&] {
    Secrets secrets;
    for (const auto secret : kSecrets) {
      if (*rc::gen::inRange(0, 4) == 0) continue;
      used.push_back(fmt::format("s3cr3t-{}-{}", ++count, *rc::gen::inRange(0, 1'000)));
      secrets.*secret = used.back();
    }
    return secrets;
  };
  const bool holds = rc::check("no secret is in the log", [&] {
    domain::WebhookSpec spec;
    spec.name = fmt::format("Webhook {}", ++count);
    spec.url = "https://a.example/hook";
    spec.triggers = {{.event_type = "ticket.created"}};
    spec.has_basic_auth = *rc::gen::arbitrary<bool>();
    spec.has_bearer_token = *rc::gen::arbitrary<bool>();
    spec.api_key_header = *rc::gen::element<std::string>("", "x-key");
    if (*rc::gen::arbitrary<bool>()) spec.oauth2 = domain::OAuth2Spec{};
    if (*rc::gen::arbitrary<bool>()) {
      spec.client_certificate = domain::ClientCertificateSpec{};
    }
    auto now = store().Create(kAda, spec, any_secrets()).value();
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
      spec = now.spec;
      spec.enabled = *rc::gen::arbitrary<bool>();
      now =
          store().Update(kAda, now.webhook_id, now.version, spec, any_secrets()).value();
    }
    RC_ASSERT(store().Delete(kAda, now.webhook_id, {}).ok());
  });
  EXPECT_TRUE(holds);
  EXPECT_GT(used.size(), 100u);
  const std::string log = Dump("audit_log");
  EXPECT_GT(log.size(), 10'000u);
  EXPECT_EQ(log.find("s3cr3t"), std::string::npos);
}

}  // namespace
}  // namespace windrow::integration
