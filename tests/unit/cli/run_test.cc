// The command line as a whole, against a server in this process.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "cli/commands.h"
#include "windrow/internal/rpc_details.pb.h"
#include "windrow/v1/event.grpc.pb.h"
#include "windrow/v1/webhook.grpc.pb.h"

namespace windrow::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Numbers events from 1; refuses those of type "bad"; hangs up on type "end".
class FakeEvents final : public v1::EventService::Service {
 public:
  grpc::Status PublishEvent(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::PublishEventResponse, v1::PublishEventRequest>* stream)
      override {
    v1::PublishEventRequest request;
    while (stream->Read(&request)) {
      if (request.event().type() == "end") {
        return {grpc::StatusCode::UNAVAILABLE, "going away"};
      }
      v1::PublishEventResponse response;
      if (request.event().type() == "bad") {
        response.mutable_refused()->set_code(3);
        auto* violation = response.mutable_refused()->add_field_violations();
        violation->set_field("event.type");
        violation->set_description("is bad");
      } else {
        objects.push_back(request.event().object());
        response.mutable_published()->set_escmsg_id(
            static_cast<std::int64_t>(objects.size()));
        response.mutable_published()->set_matched(2);
      }
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  std::vector<std::string> objects;
};

class FakeWebhooks final : public v1::WebhookService::Service {
 public:
  grpc::Status ListWebhooks(grpc::ServerContext*, const v1::ListWebhooksRequest* request,
                            v1::ListWebhooksResponse* response) override {
    filter = request->filter();
    const int first =
        request->page_token().empty() ? 0 : std::stoi(request->page_token());
    const int end = std::min(first + std::min(request->page_size(), 2), 5);
    for (int i = first; i < end; ++i) {
      response->add_webhooks()->set_name("hook" + std::to_string(i));
    }
    if (end < 5) response->set_next_page_token(std::to_string(end));
    return grpc::Status::OK;
  }

  grpc::Status GetWebhook(grpc::ServerContext*, const v1::GetWebhookRequest*,
                          v1::Webhook*) override {
    return {grpc::StatusCode::NOT_FOUND, "no such webhook"};
  }

  grpc::Status CreateWebhook(grpc::ServerContext*,
                             const v1::CreateWebhookRequest* request,
                             v1::Webhook* webhook) override {
    if (request->webhook().url().empty()) return TwoViolations();
    *webhook = request->webhook();
    webhook->set_webhook_id("id-1");
    webhook->set_signing_secret("whsec_made");
    return grpc::Status::OK;
  }

  std::string filter;  // of the last list

 private:
  static grpc::Status TwoViolations() {
    internal::BadRequest bad;
    for (const char* field : {"webhook.url", "webhook.name"}) {
      auto* violation = bad.add_field_violations();
      violation->set_field(field);
      violation->set_description("is required");
    }
    internal::Status rpc;
    auto* any = rpc.add_details();
    any->set_type_url("type.googleapis.com/google.rpc.BadRequest");
    any->set_value(bad.SerializeAsString());
    return {grpc::StatusCode::INVALID_ARGUMENT, "two", rpc.SerializeAsString()};
  }
};

class RunTest : public ::testing::Test {
 protected:
  RunTest() {
    ::unsetenv("WINDROW_SERVER");
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&events_);
    builder.RegisterService(&webhooks_);
    server_ = builder.BuildAndStart();
  }
  ~RunTest() override { server_->Shutdown(); }

  int Windrow(std::vector<std::string> args, const std::string& input = "") {
    args.insert(args.begin(),
                {"windrow", "--server", "127.0.0.1:" + std::to_string(port_)});
    std::vector<const char*> argv;
    for (const std::string& arg : args) argv.push_back(arg.c_str());
    in_.clear();
    in_.str(input);
    out_.str("");
    err_.str("");
    Session session{.in = in_, .out = out_, .err = err_};
    return cli::Run(static_cast<int>(argv.size()), argv.data(), &session);
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

  FakeEvents events_;
  FakeWebhooks webhooks_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

std::string Line(const std::string& type, int n) {
  return "{\"type\":\"" + type + "\",\"object\":{\"n\":" + std::to_string(n) + "}}\n";
}

TEST_F(RunTest, PublishesEveryLineInOrder) {
  EXPECT_EQ(Windrow({"event", "publish"}, Line("t", 1) + "\n" + Line("t", 2)), kOk);
  EXPECT_THAT(events_.objects, ElementsAre(R"({"n":1})", R"({"n":2})"));
  EXPECT_EQ(out(),
            "PUBLISHED  DUPLICATES  MATCHED  REFUSED  BROKEN  FIRST_ESCMSG_ID  "
            "LAST_ESCMSG_ID\n"
            "2          0           4        0        0       1                2\n");
  EXPECT_EQ(err(), "");
}

TEST_F(RunTest, AJsonLineForEachEvent) {
  EXPECT_EQ(Windrow({"event", "publish", "-o", "jsonl"}, Line("t", 1)), kOk);
  EXPECT_EQ(out(),
            "{\"file\":\"standard input\",\"line\":1,\"escmsg_id\":1,\"duplicate\":false,"
            "\"matched\":2}\n");
}

TEST_F(RunTest, AnArgumentThatIsNotUtf8IsNamed) {
  EXPECT_EQ(Windrow({"delivery", "get", "ab\xff"}), kUsage);
  EXPECT_EQ(err(), "windrow: argument 5 is not UTF-8: its byte 3 begins no character\n");
}

TEST_F(RunTest, StopsAtABrokenLineAndNamesIt) {
  EXPECT_EQ(Windrow({"event", "publish"},
                    Line("t", 1) + Line("t", 2) + "{broken\n" + Line("t", 4)),
            kFailed);
  EXPECT_THAT(err(), HasSubstr("standard input:3: "));
  EXPECT_THAT(events_.objects, ElementsAre(R"({"n":1})", R"({"n":2})"));
}

TEST_F(RunTest, GoesOnBehindABrokenAndARefusedLineWhereAsked) {
  EXPECT_EQ(Windrow({"event", "publish", "--keep-going"},
                    Line("t", 1) + Line("bad", 2) + "[]\n" + Line("t", 4)),
            kPartly);
  EXPECT_THAT(err(), AllOf(HasSubstr("standard input:2: refused: event.type: is bad\n"),
                           HasSubstr("standard input:3: "),
                           HasSubstr("2 published, 1 refused, 1 broken.\n")));
  EXPECT_THAT(events_.objects, ElementsAre(R"({"n":1})", R"({"n":4})"));
}

TEST_F(RunTest, NamesTheFileOfABrokenLine) {
  std::string path = "/tmp/windrow_run_test_XXXXXX";
  ::close(::mkstemp(path.data()));
  std::ofstream(path) << Line("t", 1) << "{\"type\":1}\n";
  EXPECT_EQ(Windrow({"event", "publish", path}), kFailed);
  EXPECT_THAT(err(), HasSubstr(path + ":2: type: must be a string\n"));
  ::unlink(path.c_str());
}

TEST_F(RunTest, EmptyAndMissingFilesAreNamed) {
  EXPECT_EQ(Windrow({"event", "publish"}, ""), kFailed);
  EXPECT_THAT(err(), HasSubstr("standard input: holds no event"));
  EXPECT_EQ(Windrow({"event", "publish", "/nonexistent.jsonl"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("/nonexistent.jsonl: cannot be opened as a file\n"));
  EXPECT_EQ(Windrow({"event", "publish", "/tmp"}), kFailed);
  EXPECT_THAT(err(), HasSubstr("/tmp: cannot be opened as a file\n"));
}

TEST_F(RunTest, AStreamThatEndsEarlySaysHowFarItGot) {
  EXPECT_EQ(Windrow({"event", "publish"}, Line("t", 1) + Line("end", 2) + Line("t", 3)),
            kUnavailable);
  EXPECT_THAT(err(), AllOf(HasSubstr("UNAVAILABLE: going away"),
                           HasSubstr("Acknowledged up to standard input:1;")));
}

TEST_F(RunTest, EveryBrokenFieldHasALineOfItsOwn) {
  EXPECT_EQ(Windrow({"webhook", "create"}), kFailed);
  EXPECT_EQ(
      err(),
      "windrow: cannot create the webhook: INVALID_ARGUMENT: some fields are wrong\n"
      "  webhook.url: is required\n"
      "  webhook.name: is required\n");
  EXPECT_EQ(out(), "");
}

TEST_F(RunTest, ShowsTheMadeSecretAndSaysToKeepIt) {
  EXPECT_EQ(Windrow({"webhook", "create", "--url", "https://x/", "-o", "json"}), kOk);
  EXPECT_THAT(out(), HasSubstr("\"signing_secret\": \"whsec_made\""));
  EXPECT_THAT(err(), HasSubstr("not shown again"));
}

TEST_F(RunTest, AFilterComesFirstAndFlagsAreAddedToIt) {
  EXPECT_EQ(Windrow({"webhook", "list", "--event-type", "a*\"b", "--filter",
                     "enabled = true OR labels:env"}),
            kOk);
  EXPECT_EQ(webhooks_.filter,
            R"(enabled = true OR labels:env AND event_type = "a\*\"b")");
}

TEST_F(RunTest, ListsGoOverPagesUpToTheLimit) {
  EXPECT_EQ(Windrow({"webhook", "list", "--limit", "3", "-o", "jsonl"}), kOk);
  EXPECT_THAT(out(),
              AllOf(HasSubstr("hook0"), HasSubstr("hook2"), Not(HasSubstr("hook3"))));
  EXPECT_THAT(err(), HasSubstr("There are more"));
  EXPECT_EQ(Windrow({"webhook", "list", "--limit", "0"}), kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr("WEBHOOK_ID"), HasSubstr("hook4")));
  EXPECT_EQ(err(), "");
}

TEST_F(RunTest, NotFoundHasAStatusOfItsOwn) {
  EXPECT_EQ(Windrow({"webhook", "get", "x"}), kNotFound);
  EXPECT_THAT(err(), HasSubstr("NOT_FOUND: no such webhook"));
}

TEST_F(RunTest, AServerThatIsNotThereIsNamed) {
  server_->Shutdown();
  EXPECT_EQ(Windrow({"webhook", "list"}), kUnavailable);
  EXPECT_THAT(err(), HasSubstr("Is windrow-server running on 127.0.0.1:" +
                               std::to_string(port_)));
}

TEST_F(RunTest, HealthAnswersForTheServerAndForUnknownServices) {
  EXPECT_EQ(Windrow({"health"}), kOk);
  EXPECT_EQ(out(), "SERVING\n");
  EXPECT_EQ(Windrow({"health", "--service", "windrow.v1.Nothing"}), kFailed);
  server_->Shutdown();
  EXPECT_EQ(Windrow({"health"}), kFailed);
}

TEST_F(RunTest, UsageErrorsNameTheNearestFlagAndVerb) {
  EXPECT_EQ(Windrow({"webhook", "create", "--nmae", "x"}), kUsage);
  EXPECT_THAT(err(), AllOf(HasSubstr("--nmae"), HasSubstr("(did you mean --name?)"),
                           HasSubstr("Run `windrow webhook create --help`.")));
  EXPECT_EQ(Windrow({"webhok", "list"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("(did you mean webhook?)"));
  EXPECT_EQ(Windrow({}), kUsage);
  EXPECT_EQ(Windrow({"-o", "xml", "version"}), kUsage);
  EXPECT_EQ(Windrow({"webhook", "update", "id-1"}), kUsage);
  EXPECT_THAT(err(), HasSubstr("nothing to change"));
}

TEST_F(RunTest, HelpDocumentsTheExitStatus) {
  EXPECT_EQ(Windrow({"--help"}), kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr("5 the server could not be reached"),
                           HasSubstr("webhook"), HasSubstr("WINDROW_SERVER")));
  EXPECT_EQ(err(), "");
}

TEST_F(RunTest, ConfigCheckPrintsWhatIsInForceAndWhatIsWrong) {
  EXPECT_EQ(
      Windrow({"config", "check", "--program", "worker", "--database-url",
               "postgresql://u:hunter2@h/d", "--key-ring",
               "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "--concurrency", "9"}),
      kOk);
  EXPECT_THAT(out(), AllOf(HasSubstr("concurrency: 9  # --concurrency\n"),
                           HasSubstr("postgresql://u:***@h/d"), Not(HasSubstr("AAAA"))));
  EXPECT_EQ(Windrow({"config", "check", "--program", "server", "--poolsize", "1"}),
            kFailed);
  EXPECT_THAT(err(), AllOf(HasSubstr("--poolsize: is not a known flag (did you mean "
                                     "--pool-size?)"),
                           HasSubstr("database_url: is required")));
}

}  // namespace
}  // namespace windrow::cli
