// The catalogue costs publishing and claiming nothing once it is known: counted by the
// database itself, in scans of the catalogue's tables.
#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/wait_for.h"

namespace windrow::integration {
namespace {

class CatalogueStatementsTest : public PipelineTest {
 protected:
  CatalogueStatementsTest() : connections_(Connections()) {}

  void SetKeyFields(const std::vector<std::string>& fields) {
    const auto own_store = OpenStore();
    auto type = own_store->GetEventType(kTenant, "ticket.created").value();
    type.spec.key_fields = fields;
    ASSERT_TRUE(own_store->UpdateEventType(kTenant, type.version, type.spec).ok());
  }

  // How often the catalogue's tables are scanned by what `work` does with connections of
  // its own. A connection tells the database what it did before it goes.
  template <typename Work>
  std::int64_t ScansDuring(Work work) {
    const std::int64_t before = Scans();
    work();
    return Scans() - before;
  }

 private:
  std::int64_t Number(const std::string& sql) {
    return std::stoll(database().Query(sql).value().at(0).at(0));
  }
  std::int64_t Connections() {
    return Number(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  }
  std::int64_t Scans() {
    EXPECT_TRUE(
        WaitFor([&] { return Connections() == connections_; }, absl::Seconds(60)));
    return Number(
        "SELECT sum(seq_scan + coalesce(idx_scan, 0)) FROM pg_stat_user_tables "
        "WHERE relname IN ('event_types', 'key_field_sets')");
  }

  const std::int64_t connections_;  // that the fixture keeps
};

TEST_F(CatalogueStatementsTest, KnownTypesArePublishedWithoutAStatementOnTheCatalogue) {
  SetKeyFields({"id"});
  // The match table is loaded.
  const std::int64_t once = ScansDuring([&] { Publish(1); });
  EXPECT_GT(once, 0);
  EXPECT_EQ(ScansDuring([&] { Publish(10'000); }), once);
}

TEST_F(CatalogueStatementsTest, AListOfKeyFieldsIsReadOnceForAllClaims) {
  SetKeyFields({"id"});
  domain::WebhookSpec spec;
  spec.name = "Claimed";
  spec.url = "https://receiver.example/hook";
  spec.triggers = {{.event_type = "ticket.created"}};
  const auto webhook = OpenStore()->Create(kTenant, spec, {}).value();
  Publish(20);
  const auto claim = [&](int times) {
    const auto worker = OpenStore();
    const auto id = worker->RegisterWorker("test").value();
    for (int i = 0; i < times; ++i) {
      const auto claimed =
          worker->ClaimWindows(id, {{webhook.webhook_id, 1}}, absl::Minutes(1)).value();
      EXPECT_NE(claimed.events.at(0).key_fields, nullptr);
    }
  };
  EXPECT_EQ(ScansDuring([&] { claim(1); }), 1);
  EXPECT_EQ(ScansDuring([&] { claim(10); }), 1);
}

}  // namespace
}  // namespace windrow::integration
