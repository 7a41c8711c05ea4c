// Tenants cannot see each other: every method is called with another tenant's ids. A new
// method must be put into the table, or the test fails.
#include <fmt/format.h>

#include <set>

#include "tests/integration/api_fixture.h"
#include "windrow/v1/event.grpc.pb.h"
#include "windrow/v1/event_type.grpc.pb.h"
#include "windrow/v1/operation.grpc.pb.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::integration {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Stands in whatever the first tenant owns.
constexpr char kMark[] = "mark-of-the-first";

enum class Expected {
  kNotFound,
  kEmpty,  // OK, and nothing in it
  kOwn,    // OK, with what is the caller's own
};

struct Attempt {
  std::string method;
  std::string request;  // $WEBHOOK, $DELIVERY, … are the first tenant's
  Expected expected;
};

// In this order: lists before what makes something.
const std::vector<Attempt>& Attempts() {
  static const std::vector<Attempt> attempts = {
      {"GetWebhook", "webhook_id: '$WEBHOOK'", Expected::kNotFound},
      {"ListWebhooks", "", Expected::kEmpty},
      {"ListWebhooks", "filter: 'name = first'", Expected::kEmpty},
      {"UpdateWebhook",
       "webhook { webhook_id: '$WEBHOOK' name: 'x' } update_mask { paths: 'name' }",
       Expected::kNotFound},
      {"DeleteWebhook", "webhook_id: '$WEBHOOK'", Expected::kNotFound},
      {"RotateSigningSecret", "webhook_id: '$WEBHOOK'", Expected::kNotFound},
      {"TestWebhook", "webhook_id: '$WEBHOOK'", Expected::kNotFound},
      {"PreviewPayload", "webhook_id: '$WEBHOOK' escmsg_id: $EVENT", Expected::kNotFound},
      {"PreviewPayload", "$NEW_WEBHOOK escmsg_id: $EVENT", Expected::kNotFound},
      {"GetEvent", "escmsg_id: $EVENT", Expected::kNotFound},
      {"ListEvents", "", Expected::kEmpty},
      {"ListEvents", "filter: 'type = \"first.type\"'", Expected::kEmpty},
      {"ExplainEvent", "escmsg_id: $EVENT webhook_id: '$WEBHOOK'", Expected::kNotFound},
      {"GetEventType", "name: 'first.type'", Expected::kNotFound},
      {"ListEventTypes", "page_size: 1000", Expected::kOwn},
      {"UpdateEventType",
       "event_type { name: 'first.type' description: 'x' } update_mask { paths: "
       "'description' }",
       Expected::kNotFound},
      {"DeleteEventType", "name: 'first.type'", Expected::kNotFound},
      {"GetCatalogueSettings", "", Expected::kOwn},
      {"ListDeliveries", "view: DELIVERY_VIEW_FULL", Expected::kEmpty},
      {"ListDeliveries", "filter: 'webhook_id = $WEBHOOK'", Expected::kEmpty},
      {"GetDelivery", "delivery_id: '$DELIVERY' view: DELIVERY_VIEW_FULL",
       Expected::kNotFound},
      {"ListAttempts", "delivery_id: '$DELIVERY'", Expected::kNotFound},
      {"RedeliverDelivery", "delivery_id: '$DELIVERY'", Expected::kNotFound},
      {"CancelDelivery", "delivery_id: '$DELIVERY'", Expected::kNotFound},
      {"WatchDeliveries", "start_time { seconds: $AN_HOUR_AGO }", Expected::kOwn},
      {"RecoverWebhook", "webhook_id: '$WEBHOOK' since { seconds: $AN_HOUR_AGO }",
       Expected::kNotFound},
      {"GetOperation", "operation_id: '$OPERATION'", Expected::kNotFound},
      {"ListOperations", "", Expected::kEmpty},
      {"CancelOperation", "operation_id: '$OPERATION'", Expected::kNotFound},
      {"GetStats", "webhook_id: '$WEBHOOK' step: STATS_STEP_DAY", Expected::kOwn},
      {"GetAuditEntry", "entry_id: '$ENTRY'", Expected::kNotFound},
      {"ListAuditEntries", "", Expected::kOwn},
      {"GetApiKey", "key_id: '$KEY'", Expected::kNotFound},
      {"ListApiKeys", "", Expected::kOwn},
      {"RevokeApiKey", "key_id: '$KEY'", Expected::kNotFound},

      // Names and ids of the first tenant are free for the second.
      {"CreateEventType", "event_type { name: 'first.type' object_type: 'thing' }",
       Expected::kOwn},
      {"CreateWebhook", "$NEW_WEBHOOK", Expected::kOwn},
      {"UpdateCatalogueSettings",
       "settings { unknown_event_types: UNKNOWN_EVENT_TYPES_LEARN } update_mask { paths: "
       "'unknown_event_types' }",
       Expected::kOwn},
      {"BatchPublishEvents", "events { $NEW_EVENT }", Expected::kOwn},
      {"PublishEvent", "event { $NEW_EVENT }", Expected::kOwn},
      {"RedeliverDeliveries", "filter: 'state = (CANCELLED OR PENDING OR OPEN)'",
       Expected::kOwn},
      {"CreateApiKey", "api_key { name: 'own' scope: API_KEY_SCOPE_READ }",
       Expected::kOwn},
  };
  return attempts;
}

class IsolationTest : public ApiTest {
 protected:
  // All that the first tenant owns, and the second tries to get at.
  void OwnThings() {
    const std::string url = receiver_.Url();
    names_["$NEW_WEBHOOK"] = fmt::format(
        "webhook {{ name: 'first' url: '{}' triggers {{ event_type: 'first.type' }} }}",
        url);
    names_["$NEW_EVENT"] =
        "event_id: 'one' type: 'first.type' object_type: 'thing' object_id: '1' "
        "object: '{\"id\":1}'";
    names_["$AN_HOUR_AGO"] =
        std::to_string(absl::ToUnixSeconds(absl::Now() - absl::Hours(1)));
    names_["$WEBHOOK"] =
        Field("webhook_id",
              AsFirst("CreateWebhook",
                      fmt::format("webhook {{ name: 'first' url: '{}' description: '{}' "
                                  "triggers {{ event_type: 'first.type' }} }}",
                                  url, kMark)));
    const std::string event = fmt::format(
        "type: 'first.type' object_type: 'thing' object: '{{\"id\":\"{}\"}}'", kMark);
    names_["$EVENT"] = Field(
        "escmsg_id",
        AsFirst("BatchPublishEvents", "events { event_id: 'one' object_id: '1' " + event +
                                          " } events { object_id: '2' " + event + " }"));
    AsFirst("UpdateEventType",
            fmt::format("event_type {{ name: 'first.type' description: '{}' }} "
                        "update_mask {{ paths: 'description' }}",
                        kMark));
    AsFirst("UpdateCatalogueSettings",
            "settings { unknown_event_types: UNKNOWN_EVENT_TYPES_REFUSE } update_mask { "
            "paths: 'unknown_event_types' }");
    names_["$DELIVERY"] = Field("delivery_id", AsFirst("ListDeliveries", "page_size: 1"));
    // A change for watchers to be told.
    const std::string other = Field(
        "delivery_id", AsFirst("ListDeliveries", "page_size: 1 order_by: 'create_time'"));
    AsFirst("CancelDelivery", fmt::format("delivery_id: '{}'", other));
    names_["$OPERATION"] =
        Field("operation_id",
              AsFirst("RedeliverDeliveries", "dry_run: true filter: 'object_id = \"" +
                                                 std::string(kMark) + "\"'"));
    names_["$ENTRY"] = Field("entry_id", AsFirst("ListAuditEntries", "page_size: 1"));
  }

  std::string AsFirst(const std::string& method, const std::string& request) {
    const ApiAnswer answer =
        Call(*channel_, MethodNamed(method), request, "Bearer " + first_.text);
    EXPECT_TRUE(answer.status.ok()) << method << ": " << answer.status.error_code() << " "
                                    << answer.status.error_message();
    return answer.text;
  }
  ApiAnswer AsSecond(const std::string& method, std::string request) {
    for (const auto& [name, value] : names_) {
      for (std::size_t at = 0; (at = request.find(name)) != std::string::npos;) {
        request.replace(at, name.size(), value);
      }
    }
    return Call(*channel_, MethodNamed(method), request, "Bearer " + second_.text, 2);
  }
  // The first value of a field in an answer.
  static std::string Field(const std::string& name, const std::string& text) {
    std::size_t at = text.find(name + ": ");
    if (at == std::string::npos) {
      ADD_FAILURE() << "no " << name << " in " << text;
      return "";
    }
    at += name.size() + 2;
    std::string value = text.substr(at, text.find(' ', at) - at);
    std::erase(value, '"');
    return value;
  }

  const store::TenantId other_ = access_->CreateTenant("other").value().tenant_id;
  const Key first_ = MakeKey(kTenant, domain::Scope::kAdmin);
  const Key second_ = MakeKey(other_, domain::Scope::kAdmin);
  std::shared_ptr<grpc::Channel> channel_;
  std::map<std::string, std::string> names_;
};

TEST_F(IsolationTest, NoMethodShowsOrChangesWhatIsAnotherTenants) {
  StartServer();
  channel_ = Connect();
  names_["$KEY"] = first_.key_id;
  OwnThings();
  if (HasFailure()) return;
  std::set<std::string> tried;
  for (const Attempt& attempt : Attempts()) {
    tried.insert(attempt.method);
    const ApiAnswer answer = AsSecond(attempt.method, attempt.request);
    SCOPED_TRACE(fmt::format("{} {}: {} {} {}", attempt.method, attempt.request,
                             static_cast<int>(answer.status.error_code()),
                             answer.status.error_message(), answer.text));
    EXPECT_THAT(answer.text, Not(HasSubstr(kMark)));
    EXPECT_THAT(answer.status.error_message(), Not(HasSubstr(kMark)));
    for (const char* id : {"$WEBHOOK", "$DELIVERY", "$OPERATION", "$KEY"}) {
      EXPECT_THAT(answer.text, Not(HasSubstr(names_[id]))) << id;
    }
    if (attempt.expected == Expected::kNotFound) {
      EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::NOT_FOUND);
      continue;
    }
    const bool endless = attempt.method == "WatchDeliveries";
    EXPECT_EQ(answer.status.error_code(),
              endless ? grpc::StatusCode::DEADLINE_EXCEEDED : grpc::StatusCode::OK);
    if (attempt.expected == Expected::kEmpty) {
      EXPECT_EQ(answer.text, "\n");
    }
    if (endless) {
      EXPECT_THAT(answer.text, Not(HasSubstr("delivery {")));
    }
    if (attempt.method == "BatchPublishEvents") {
      EXPECT_THAT(answer.text, Not(HasSubstr("duplicate")));
    }
  }
  for (const auto* method : ApiMethods()) {
    EXPECT_TRUE(tried.contains(method->name()))
        << "add " << method->name() << ": what does it do with another tenant's ids?";
  }
  // And all is as it was.
  EXPECT_THAT(AsFirst("GetWebhook", "webhook_id: '" + names_["$WEBHOOK"] + "'"),
              HasSubstr(kMark));
  EXPECT_THAT(AsFirst("GetEventType", "name: 'first.type'"), HasSubstr(kMark));
  EXPECT_THAT(AsFirst("GetCatalogueSettings", ""), HasSubstr("REFUSE"));
  EXPECT_THAT(AsFirst("GetDelivery", "delivery_id: '" + names_["$DELIVERY"] + "'"),
              HasSubstr("PENDING"));
  EXPECT_THAT(AsFirst("GetApiKey", "key_id: '" + first_.key_id + "'"),
              Not(HasSubstr("revoke_time")));
}

}  // namespace
}  // namespace windrow::integration
