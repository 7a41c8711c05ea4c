// `windrow event-type …` against a server in this process.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "cli/commands.h"
#include "windrow/v1/event_type.grpc.pb.h"

namespace windrow::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Answers with what it was sent, and keeps it.
class FakeEventTypes final : public v1::EventTypeService::Service {
 public:
  grpc::Status CreateEventType(grpc::ServerContext*,
                               const v1::CreateEventTypeRequest* request,
                               v1::EventType* response) override {
    created = *request;
    *response = request->event_type();
    response->set_origin(v1::EVENT_TYPE_ORIGIN_DECLARED);
    response->set_etag("etag-1");
    return grpc::Status::OK;
  }
  grpc::Status UpdateEventType(grpc::ServerContext*,
                               const v1::UpdateEventTypeRequest* request,
                               v1::EventType* response) override {
    updated = *request;
    *response = request->event_type();
    return grpc::Status::OK;
  }
  grpc::Status GetEventType(grpc::ServerContext*, const v1::GetEventTypeRequest* request,
                            v1::EventType* response) override {
    if (request->name() == "gone") return {grpc::StatusCode::NOT_FOUND, "no such type"};
    response->set_name(request->name());
    return grpc::Status::OK;
  }
  grpc::Status ListEventTypes(grpc::ServerContext*,
                              const v1::ListEventTypesRequest* request,
                              v1::ListEventTypesResponse* response) override {
    v1::EventType* type = response->add_event_types();
    if (request->page_token().empty()) {
      type->set_name("a.first");
      type->set_object_type("thing");
      type->set_origin(v1::EVENT_TYPE_ORIGIN_LEARNED);
      response->set_next_page_token("more");
    } else {
      type->set_name("ticket.created");
      type->set_object_type("ticket");
      type->set_origin(v1::EVENT_TYPE_ORIGIN_BUILT_IN);
      type->add_key_fields("id");
      type->add_key_fields("summary");
      type->set_description("A new ticket was logged");
    }
    return grpc::Status::OK;
  }
  grpc::Status DeleteEventType(grpc::ServerContext*,
                               const v1::DeleteEventTypeRequest* request,
                               google::protobuf::Empty*) override {
    deleted = *request;
    return grpc::Status::OK;
  }
  grpc::Status GetCatalogueSettings(grpc::ServerContext*,
                                    const v1::GetCatalogueSettingsRequest*,
                                    v1::CatalogueSettings* response) override {
    *response = settings;
    return grpc::Status::OK;
  }
  grpc::Status UpdateCatalogueSettings(grpc::ServerContext*,
                                       const v1::UpdateCatalogueSettingsRequest* request,
                                       v1::CatalogueSettings* response) override {
    settings = request->settings();
    *response = settings;
    return grpc::Status::OK;
  }

  v1::CreateEventTypeRequest created;
  v1::UpdateEventTypeRequest updated;
  v1::DeleteEventTypeRequest deleted;
  v1::CatalogueSettings settings;
};

class EventTypeCommandsTest : public ::testing::Test {
 protected:
  EventTypeCommandsTest() {
    ::unsetenv("WINDROW_SERVER");
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&types_);
    server_ = builder.BuildAndStart();
  }
  ~EventTypeCommandsTest() override { server_->Shutdown(); }

  int Windrow(std::vector<std::string> args) {
    args.insert(args.begin(), {"windrow", "--server",
                               "127.0.0.1:" + std::to_string(port_), "event-type"});
    std::vector<const char*> argv;
    for (const std::string& arg : args) argv.push_back(arg.c_str());
    out_.str("");
    err_.str("");
    std::istringstream in;
    Session session{.in = in, .out = out_, .err = err_};
    return cli::Run(static_cast<int>(argv.size()), argv.data(), &session);
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  FakeEventTypes types_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::ostringstream out_;
  std::ostringstream err_;
};

std::vector<std::string> PathsOf(const google::protobuf::FieldMask& mask) {
  return {mask.paths().begin(), mask.paths().end()};
}

TEST_F(EventTypeCommandsTest, CreateSendsWhatItsFlagsSay) {
  std::string path = "/tmp/windrow_event_type_test_XXXXXX";
  ::close(::mkstemp(path.data()));
  std::ofstream(path) << "{\"id\": 1.10}\n";
  EXPECT_EQ(
      Windrow({"create", "order.paid", "--object-type", "order", "--description",
               "Money came in", "--key-field", "id", "--key-field", "customer.name",
               "--single-select", "status", "--example-file", path, "--validate-only"}),
      kOk);
  ::unlink(path.c_str());
  const v1::EventType& type = types_.created.event_type();
  EXPECT_EQ(type.name(), "order.paid");
  EXPECT_EQ(type.object_type(), "order");
  EXPECT_EQ(type.description(), "Money came in");
  EXPECT_THAT(type.key_fields(), ElementsAre("id", "customer.name"));
  EXPECT_THAT(type.single_select_fields(), ElementsAre("status"));
  EXPECT_EQ(type.example(), "{\"id\": 1.10}\n");
  EXPECT_TRUE(types_.created.validate_only());
  EXPECT_THAT(out(), HasSubstr("origin:          DECLARED\n"));
  EXPECT_EQ(err(), "It is valid; nothing was saved.\n");
}

TEST_F(EventTypeCommandsTest, AnExampleIsJsonInJson) {
  std::string path = "/tmp/windrow_event_type_test_XXXXXX";
  ::close(::mkstemp(path.data()));
  std::ofstream(path) << R"({"id": 1.10})";
  EXPECT_EQ(Windrow({"create", "a", "--object-type", "b", "--example-file", path, "-o",
                     "jsonl"}),
            kOk);
  ::unlink(path.c_str());
  EXPECT_EQ(out(),
            "{\"name\":\"a\",\"object_type\":\"b\",\"example\":{\"id\": 1.10},"
            "\"origin\":\"DECLARED\",\"etag\":\"etag-1\"}\n");
}

TEST_F(EventTypeCommandsTest, AnExampleThatCannotBeReadIsAUsageError) {
  EXPECT_EQ(Windrow({"create", "a", "--object-type", "b", "--example-file", "/gone"}),
            kUsage);
  EXPECT_EQ(err(), "windrow: /gone cannot be read\n");
  EXPECT_EQ(types_.created.event_type().name(), "");
}

TEST_F(EventTypeCommandsTest, UpdateNamesTheFieldsThatWereGiven) {
  EXPECT_EQ(Windrow({"update", "order.paid", "--description", "", "--key-field", "id",
                     "--etag", "etag-1"}),
            kOk);
  EXPECT_EQ(types_.updated.event_type().name(), "order.paid");
  EXPECT_EQ(types_.updated.event_type().etag(), "etag-1");
  EXPECT_THAT(PathsOf(types_.updated.update_mask()),
              ElementsAre("description", "key_fields"));
  EXPECT_EQ(Windrow({"update", "order.paid", "--no-key-fields", "--no-single-selects",
                     "--no-example"}),
            kOk);
  EXPECT_THAT(PathsOf(types_.updated.update_mask()),
              ElementsAre("key_fields", "single_select_fields", "example"));
  EXPECT_THAT(types_.updated.event_type().key_fields(), testing::IsEmpty());
}

TEST_F(EventTypeCommandsTest, UpdateWantsSomethingToChange) {
  EXPECT_EQ(Windrow({"update", "order.paid"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("nothing to change"));
  EXPECT_EQ(Windrow({"update", "order.paid", "--key-field", "a", "--no-key-fields"}),
            kUsage);
  EXPECT_EQ(Windrow({"update", "--description", "x"}), kUsage);
  EXPECT_EQ(types_.updated.event_type().name(), "");
}

TEST_F(EventTypeCommandsTest, ListGoesOverAllPages) {
  EXPECT_EQ(Windrow({"list"}), kOk);
  EXPECT_EQ(
      out(),
      "NAME            OBJECT_TYPE  ORIGIN    KEY_FIELDS  DESCRIPTION\n"
      "a.first         thing        LEARNED   0\n"
      "ticket.created  ticket       BUILT_IN  2           A new ticket was logged\n");
  EXPECT_EQ(Windrow({"list", "--limit", "1", "-o", "jsonl"}), kOk);
  EXPECT_EQ(out(),
            "{\"name\":\"a.first\",\"object_type\":\"thing\",\"origin\":\"LEARNED\"}\n");
}

TEST_F(EventTypeCommandsTest, GetSaysWhatIsNotThere) {
  EXPECT_EQ(Windrow({"get", "ticket.created", "-o", "json"}), kOk);
  EXPECT_THAT(out(), HasSubstr("\"name\": \"ticket.created\""));
  EXPECT_EQ(Windrow({"get", "gone"}), kNotFound);
  EXPECT_THAT(err(), HasSubstr("cannot get the event type: NOT_FOUND: no such type"));
}

TEST_F(EventTypeCommandsTest, DeletePassesTheEtag) {
  EXPECT_EQ(Windrow({"delete", "order.paid", "--etag", "etag-1"}), kOk);
  EXPECT_EQ(types_.deleted.name(), "order.paid");
  EXPECT_EQ(types_.deleted.etag(), "etag-1");
  EXPECT_EQ(err(), "Event type order.paid is deleted.\n");
}

TEST_F(EventTypeCommandsTest, ThePolicyIsLearnOrRefuse) {
  EXPECT_EQ(Windrow({"policy", "set", "refuse"}), kOk);
  EXPECT_EQ(types_.settings.unknown_event_types(), v1::UNKNOWN_EVENT_TYPES_REFUSE);
  EXPECT_EQ(out(), "unknown event types:  REFUSE\n");
  EXPECT_EQ(Windrow({"policy", "get", "-o", "jsonl"}), kOk);
  EXPECT_EQ(out(), "{\"unknown_event_types\":\"REFUSE\"}\n");
  EXPECT_EQ(Windrow({"policy", "set", "learn"}), kOk);
  EXPECT_EQ(types_.settings.unknown_event_types(), v1::UNKNOWN_EVENT_TYPES_LEARN);
  EXPECT_EQ(Windrow({"policy", "set", "ignore"}), kUsage);
  EXPECT_EQ(Windrow({"policy", "set"}), kUsage);
  EXPECT_EQ(Windrow({"policy"}), kUsage);
}

TEST_F(EventTypeCommandsTest, EveryVerbHasHelp) {
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"--help"},
                                               {"list", "--help"},
                                               {"get", "--help"},
                                               {"create", "--help"},
                                               {"update", "--help"},
                                               {"delete", "--help"},
                                               {"policy", "--help"},
                                               {"policy", "set", "--help"}}) {
    EXPECT_EQ(Windrow(verb), kOk) << verb.front();
    EXPECT_NE(out(), "");
  }
}

}  // namespace
}  // namespace windrow::cli
