#include "services/control_plane/event_type_use_cases.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "services/control_plane/event_type_mapping.h"
#include "tests/support/fake_store.h"

namespace windrow::control_plane {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr store::TenantId kTenant = store::kDefaultTenant;

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const Violation& violation : ViolationsOf(status)) {
    fields.push_back(violation.field);
  }
  return fields;
}

class EventTypeUseCasesTest : public ::testing::Test {
 protected:
  static v1::EventType OrderPaid() {
    v1::EventType type;
    type.set_name("order.paid");
    type.set_description("Money came in");
    type.set_object_type("order");
    type.add_key_fields("id");
    type.add_single_select_fields("status");
    type.set_example("{ \"n\":1.10 }");
    return type;
  }
  absl::StatusOr<store::StoredEventType> Create(const v1::EventType& type,
                                                bool validate_only = false) {
    v1::CreateEventTypeRequest request;
    *request.mutable_event_type() = type;
    request.set_validate_only(validate_only);
    return use_cases_.Create(kTenant, request);
  }
  absl::StatusOr<store::StoredEventType> Update(const v1::EventType& type,
                                                const std::vector<std::string>& mask,
                                                bool validate_only = false) {
    v1::UpdateEventTypeRequest request;
    *request.mutable_event_type() = type;
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    request.set_validate_only(validate_only);
    return use_cases_.Update(kTenant, request);
  }
  static v1::EventType Named(const std::string& name = "order.paid") {
    v1::EventType type;
    type.set_name(name);
    return type;
  }

  ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  testing::FakeStore store_{clock_};
  EventTypeUseCases use_cases_{store_};
};

TEST_F(EventTypeUseCasesTest, ATypeComesBackAsItWasCreated) {
  const auto created = Create(OrderPaid());
  ASSERT_TRUE(created.ok()) << created.status();
  v1::EventType shown;
  EventTypeToProto(use_cases_.Get(kTenant, "order.paid").value(), &shown);
  v1::EventType expected = OrderPaid();
  expected.set_origin(v1::EVENT_TYPE_ORIGIN_DECLARED);
  expected.set_etag(shown.etag());
  *expected.mutable_create_time() = shown.create_time();
  *expected.mutable_update_time() = shown.update_time();
  EXPECT_EQ(shown.SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(shown.create_time().seconds(), 1'800'000'000);
  EXPECT_FALSE(shown.etag().empty());
}

TEST_F(EventTypeUseCasesTest, BrokenRulesAreToldAtOnceAndNothingIsSaved) {
  v1::EventType type;
  type.set_object_type("Order");
  type.add_key_fields("");
  type.set_example("{");
  EXPECT_THAT(FieldsOf(Create(type).status()),
              ElementsAre("event_type.name", "event_type.object_type",
                          "event_type.key_fields[0]", "event_type.example"));
}

TEST_F(EventTypeUseCasesTest, ValidateOnlySavesNothing) {
  const auto checked = Create(OrderPaid(), /*validate_only=*/true);
  ASSERT_TRUE(checked.ok()) << checked.status();
  v1::EventType shown;
  EventTypeToProto(*checked, &shown);
  EXPECT_EQ(shown.etag(), "");
  EXPECT_FALSE(shown.has_create_time());
  EXPECT_FALSE(use_cases_.Get(kTenant, "order.paid").ok());

  ASSERT_TRUE(Create(OrderPaid()).ok());
  v1::EventType change = Named();
  change.set_description("other");
  EXPECT_EQ(Update(change, {}, /*validate_only=*/true)->spec.description, "other");
  EXPECT_EQ(use_cases_.Get(kTenant, "order.paid")->spec.description, "Money came in");
}

TEST_F(EventTypeUseCasesTest, AnUpdatePutsWhatTheMaskNames) {
  ASSERT_TRUE(Create(OrderPaid()).ok());
  v1::EventType change = Named();
  change.set_description("other");
  change.add_key_fields("total");
  const auto named = Update(change, {"key_fields", "example", "name"});
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ(named->spec.description, "Money came in");
  EXPECT_THAT(named->spec.key_fields, ElementsAre("total"));
  EXPECT_EQ(named->spec.example, "");
  EXPECT_EQ(named->version, 2);
}

TEST_F(EventTypeUseCasesTest, WithoutAMaskWhatIsSetIsPut) {
  ASSERT_TRUE(Create(OrderPaid()).ok());
  v1::EventType change = Named();
  change.set_object_type("invoice");
  const auto set = Update(change, {});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->spec.object_type, "invoice");
  EXPECT_THAT(set->spec.key_fields, ElementsAre("id"));
  // A star puts all of them.
  const auto all = Update(change, {"*"});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->spec,
            (domain::EventTypeSpec{.name = "order.paid", .object_type = "invoice"}));
}

TEST_F(EventTypeUseCasesTest, AnUpdateThatChangesNothingIsNoVersion) {
  ASSERT_TRUE(Create(OrderPaid()).ok());
  EXPECT_EQ(Update(OrderPaid(), {"*"})->version, 1);
}

TEST_F(EventTypeUseCasesTest, APathThatIsNoFieldIsRefused) {
  ASSERT_TRUE(Create(OrderPaid()).ok());
  EXPECT_THAT(FieldsOf(Update(OrderPaid(), {"gone", "example", "\n"}).status()),
              ElementsAre("update_mask", "update_mask"));
}

TEST_F(EventTypeUseCasesTest, AnotherEtagIsAMismatch) {
  v1::EventType type;
  EventTypeToProto(Create(OrderPaid()).value(), &type);
  type.set_description("first");
  ASSERT_TRUE(Update(type, {}).ok());
  type.set_description("second");
  const absl::Status late = Update(type, {}).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ReasonOf(late), "ETAG_MISMATCH");
  v1::DeleteEventTypeRequest remove;
  remove.set_name("order.paid");
  remove.set_etag(type.etag());
  EXPECT_EQ(ReasonOf(use_cases_.Delete(kTenant, remove)), "ETAG_MISMATCH");
  remove.set_etag("made up");
  EXPECT_EQ(ReasonOf(use_cases_.Delete(kTenant, remove)), "ETAG_MISMATCH");
  remove.clear_etag();
  EXPECT_TRUE(use_cases_.Delete(kTenant, remove).ok());
}

TEST_F(EventTypeUseCasesTest, TypesThatWindrowPublishesAreNotDeleted) {
  v1::DeleteEventTypeRequest remove;
  remove.set_name("windrow.webhook.disabled");
  const absl::Status refused = use_cases_.Delete(kTenant, remove);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "EVENT_TYPE_OWN");
  remove.set_name("ticket.closed");
  EXPECT_TRUE(use_cases_.Delete(kTenant, remove).ok());
}

TEST_F(EventTypeUseCasesTest, NamesThatNoTypeCanHaveAreRefusedBeforeTheyAreAskedFor) {
  for (const std::string& name : {std::string(), std::string(129, 'x'),
                                  std::string("\xff"), std::string("a\0b", 3)}) {
    EXPECT_THAT(FieldsOf(use_cases_.Get(kTenant, name).status()), ElementsAre("name"));
    v1::DeleteEventTypeRequest remove;
    remove.set_name(name);
    EXPECT_THAT(FieldsOf(use_cases_.Delete(kTenant, remove)), ElementsAre("name"));
    EXPECT_THAT(FieldsOf(Update(Named(name), {}).status()),
                ElementsAre("event_type.name"));
  }
  EXPECT_EQ(ReasonOf(use_cases_.Get(kTenant, "gone").status()), "EVENT_TYPE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Update(Named("gone"), {}).status()), "EVENT_TYPE_NOT_FOUND");
}

TEST_F(EventTypeUseCasesTest, AListGoesOnBehindItsToken) {
  for (int i = 0; i < 70; ++i) {
    ASSERT_TRUE(
        store_
            .CreateEventType(kTenant, {.name = fmt::format("made.up.{:02}", i),
                                       .object_type = "thing",
                                       .example = fmt::format(R"({{"s":"{}"}})",
                                                              std::string(60'000, 'x'))})
            .ok());
  }
  std::vector<std::string> names;
  v1::ListEventTypesRequest request;
  request.set_page_size(1'000);
  int pages = 0;
  do {
    v1::ListEventTypesResponse page;
    ASSERT_TRUE(use_cases_.List(kTenant, request, &page).ok());
    EXPECT_LT(page.ByteSizeLong(), 4u << 20);
    for (const v1::EventType& type : page.event_types()) names.push_back(type.name());
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 3);  // of 2 MiB each
  EXPECT_THAT(names, SizeIs(77));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));

  request.set_page_token("made up");
  v1::ListEventTypesResponse page;
  EXPECT_THAT(FieldsOf(use_cases_.List(kTenant, request, &page)),
              ElementsAre("page_token"));
  request.clear_page_token();
  request.set_page_size(-1);
  EXPECT_THAT(FieldsOf(use_cases_.List(kTenant, request, &page)),
              ElementsAre("page_size"));
}

TEST_F(EventTypeUseCasesTest, TheSettingIsRefuseOrLearn) {
  v1::CatalogueSettings settings;
  ASSERT_TRUE(use_cases_.GetSettings(kTenant, &settings).ok());
  EXPECT_EQ(settings.unknown_event_types(), v1::UNKNOWN_EVENT_TYPES_LEARN);

  v1::UpdateCatalogueSettingsRequest request;
  request.mutable_settings()->set_unknown_event_types(v1::UNKNOWN_EVENT_TYPES_REFUSE);
  ASSERT_TRUE(use_cases_.UpdateSettings(kTenant, request, &settings).ok());
  EXPECT_EQ(settings.unknown_event_types(), v1::UNKNOWN_EVENT_TYPES_REFUSE);
  EXPECT_EQ(store_.GetUnknownTypes(kTenant).value(), domain::UnknownTypes::kRefuse);

  // Nothing set and nothing named changes nothing.
  request.Clear();
  ASSERT_TRUE(use_cases_.UpdateSettings(kTenant, request, &settings).ok());
  EXPECT_EQ(settings.unknown_event_types(), v1::UNKNOWN_EVENT_TYPES_REFUSE);
  request.mutable_update_mask()->add_paths("unknown_event_types");
  EXPECT_THAT(FieldsOf(use_cases_.UpdateSettings(kTenant, request, &settings)),
              ElementsAre("settings.unknown_event_types"));
  request.mutable_update_mask()->add_paths("other");
  request.mutable_settings()->set_unknown_event_types(
      static_cast<v1::UnknownEventTypes>(7));
  EXPECT_THAT(FieldsOf(use_cases_.UpdateSettings(kTenant, request, &settings)),
              ElementsAre("update_mask", "settings.unknown_event_types"));
  EXPECT_EQ(store_.GetUnknownTypes(kTenant).value(), domain::UnknownTypes::kRefuse);
}

TEST_F(EventTypeUseCasesTest, ADatabaseThatIsDownIsUnavailable) {
  store_.SetDown(absl::UnavailableError("no database"));
  v1::CatalogueSettings settings;
  EXPECT_TRUE(absl::IsUnavailable(use_cases_.GetSettings(kTenant, &settings)));
  EXPECT_TRUE(absl::IsUnavailable(Create(OrderPaid()).status()));
  EXPECT_TRUE(absl::IsUnavailable(Update(OrderPaid(), {}).status()));
}

}  // namespace
}  // namespace windrow::control_plane
