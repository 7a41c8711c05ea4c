#include "cli/dev/receiver.h"

#include <absl/time/clock.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <sstream>

#include "cli/dev/ports.h"

namespace windrow::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using ::testing::HasSubstr;

class ReceiverTest : public ::testing::Test {
 protected:
  ReceiverTest() : key_(crypto::SigningKey::Generate()) {
    ReceiverOptions options;
    options.listen = {"127.0.0.1", 0};
    options.max_body_bytes = 1000;
    auto verifier = Verifier::Make({key_.ToSecret()});
    auto receiver = Receiver::Start(options, *std::move(verifier), out_);
    receiver_ = *std::move(receiver);
  }

  bhttp::request<bhttp::string_body> Signed(const std::string& body) {
    const std::int64_t now = absl::ToUnixSeconds(absl::Now());
    bhttp::request<bhttp::string_body> request(bhttp::verb::post, "/hook", 11);
    request.set("webhook-id", "msg_1");
    request.set("webhook-timestamp", std::to_string(now));
    request.set("webhook-signature", key_.Sign("msg_1", now, body));
    request.body() = body;
    request.prepare_payload();
    return request;
  }

  unsigned Status(const bhttp::request<bhttp::string_body>& request) {
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::make_address("127.0.0.1"), receiver_->port()});
    beast::error_code error;
    bhttp::write(socket, request, error);
    beast::flat_buffer buffer;
    bhttp::response<bhttp::string_body> response;
    bhttp::read(socket, buffer, response, error);
    return error ? 0 : response.result_int();
  }

  // Stops it first: the lines are written on its thread.
  std::string Lines() {
    receiver_.reset();
    return out_.str();
  }

  crypto::SigningKey key_;
  std::ostringstream out_;
  std::unique_ptr<Receiver> receiver_;
};

TEST_F(ReceiverTest, PrintsALineForEachVerifiedDelivery) {
  EXPECT_EQ(Status(Signed(R"({"event":"ticket.created"})")), 204u);
  EXPECT_EQ(Status(Signed(R"({"event":"ticket.created"})")), 204u);
  const std::string lines = Lines();
  EXPECT_THAT(lines, HasSubstr("POST /hook  verified  1 item: ticket.created  msg_1\n"));
  EXPECT_THAT(lines, HasSubstr("POST /hook  verified, a repeat  1 item"));
}

TEST_F(ReceiverTest, RefusesWhatIsNotSigned) {
  auto request = Signed("{}");
  request.body() = "{ }";
  request.prepare_payload();
  EXPECT_EQ(Status(request), 401u);
  EXPECT_THAT(Lines(), HasSubstr("REFUSED, no known secret or key made this signature"));
}

TEST_F(ReceiverTest, RefusesABodyOverItsLimit) {
  EXPECT_EQ(Status(Signed(std::string(5000, 'x'))), 413u);
}

TEST_F(ReceiverTest, AnswersForHealth) {
  EXPECT_TRUE(AnswersOk({"127.0.0.1", receiver_->port()}, "/healthz"));
  EXPECT_FALSE(AnswersOk({"127.0.0.1", receiver_->port()}, "/other"));
}

TEST(BodySummaryTest, CountsItemsAndNamesEvents) {
  EXPECT_EQ(BodySummary(R"([{"event":"b"},{"event":"a"},{"event":"b"}])"),
            "3 items: a, b");
  EXPECT_EQ(BodySummary("{}"), "1 item");
  EXPECT_EQ(BodySummary("[]"), "0 items");
  EXPECT_EQ(BodySummary("x"), "1 bytes that are not JSON");
}

TEST(ReservePortsTest, GivesDifferentFreePortsForZero) {
  const config::HostPort any{"127.0.0.1", 0};
  const auto ports = ReservePorts({{"--a", any}, {"--b", any}});
  ASSERT_TRUE(ports.ok()) << ports.status();
  EXPECT_NE(ports->at(0).port, 0);
  EXPECT_NE(ports->at(0).port, ports->at(1).port);
  EXPECT_FALSE(Accepts(ports->at(0)));
}

TEST_F(ReceiverTest, ATakenPortIsNamedWithItsFlag) {
  const config::HostPort taken{"127.0.0.1", receiver_->port()};
  EXPECT_TRUE(Accepts(taken));
  const auto ports = ReservePorts({{"--listen", taken}});
  ASSERT_FALSE(ports.ok());
  EXPECT_THAT(std::string(ports.status().message()),
              HasSubstr(taken.ToString() + " is taken by another process. End that, or "
                                           "choose another port with --listen"));
}

}  // namespace
}  // namespace windrow::cli
