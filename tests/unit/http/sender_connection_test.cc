// Names, addresses, connections, timeouts.
#include <atomic>

#include "tests/unit/http/sender_fixture.h"

namespace windrow::http {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing_support::OkResponse;
using testing_support::RawConnection;
using testing_support::RawReceiver;

class SenderConnectionTest : public SenderTest {};

TEST_F(SenderConnectionTest, KeepsOneConnectionAlive) {
  RawReceiver receiver(Answering(OkResponse("x")));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Exchange(PostTo(receiver.Url())).status, 200);
  EXPECT_EQ(receiver.connections(), 1);
  const Response last = Exchange(PostTo(receiver.Url()));
  EXPECT_EQ(last.connect, absl::ZeroDuration());
  EXPECT_THAT(last.remote_address, HasSubstr("127.0.0.1:"));
}

TEST_F(SenderConnectionTest, HoldsNoMoreConnectionsToAHostThanAllowed) {
  options_.max_connections_per_host = 3;
  RawReceiver receiver(Answering(OkResponse()));
  std::vector<std::future<Response>> futures;
  for (int i = 0; i < 50; ++i) futures.push_back(Start(PostTo(receiver.Url())));
  for (auto& future : futures) EXPECT_EQ(Await(future).status, 200);
  EXPECT_LE(receiver.connections(), 3);
}

TEST_F(SenderConnectionTest, WaitingForAConnectionCountsForTheTimeout) {
  options_.max_connections_per_host = 1;
  RawReceiver receiver([](RawConnection& peer) { peer.WaitForClose(); });
  auto first = Start(Within(absl::Milliseconds(800), PostTo(receiver.Url())));
  auto second = Start(Within(absl::Milliseconds(200), PostTo(receiver.Url())));
  const Response waited = Await(second);
  EXPECT_EQ(waited.error, ErrorKind::kTimeout);
  EXPECT_THAT(waited.error_detail, HasSubstr("all 1 connections"));
  EXPECT_GE(waited.total, absl::Milliseconds(200));
  EXPECT_EQ(Await(first).error, ErrorKind::kTimeout);
}

TEST_F(SenderConnectionTest, AnEndpointThatNeverAnswersTimesOut) {
  RawReceiver receiver([](RawConnection& peer) { peer.WaitForClose(); });
  const Response response =
      Exchange(Within(absl::Milliseconds(300), PostTo(receiver.Url())));
  EXPECT_EQ(response.error, ErrorKind::kTimeout);
  EXPECT_EQ(response.status, 0);
  EXPECT_GE(response.total, absl::Milliseconds(300));
  EXPECT_LT(response.total, absl::Seconds(2));
}

TEST_F(SenderConnectionTest, AHalfHeaderTimesOutAsWell) {
  RawReceiver receiver([](RawConnection& peer) {
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n");
    peer.WaitForClose();
  });
  const Response response =
      Exchange(Within(absl::Milliseconds(300), PostTo(receiver.Url())));
  EXPECT_EQ(response.error, ErrorKind::kTimeout);
  EXPECT_EQ(response.status, 0);
}

TEST_F(SenderConnectionTest, AnAnswerAfterTheTimeoutIsAFailure) {
  RawReceiver receiver([](RawConnection& peer) {
    peer.ReadRequest();
    if (peer.Pause(std::chrono::milliseconds(500))) peer.Send(OkResponse());
  });
  const Response response =
      Exchange(Within(absl::Milliseconds(250), PostTo(receiver.Url())));
  EXPECT_EQ(response.error, ErrorKind::kTimeout);
  EXPECT_EQ(response.status, 0);
}

TEST_F(SenderConnectionTest, HangingEndpointsDelayNoOther) {
  RawReceiver hanging([](RawConnection& peer) { peer.WaitForClose(); });
  RawReceiver healthy(Answering(OkResponse()));
  std::vector<std::future<Response>> hung;
  for (int i = 0; i < 100; ++i) {
    hung.push_back(Start(Within(absl::Milliseconds(800), PostTo(hanging.Url()))));
  }
  for (int i = 0; i < 20; ++i) {
    const Response response = Exchange(PostTo(healthy.Url()));
    EXPECT_EQ(response.status, 200);
    EXPECT_LT(response.total, absl::Milliseconds(500));
  }
  for (auto& future : hung) EXPECT_EQ(Await(future).error, ErrorKind::kTimeout);
}

TEST_F(SenderConnectionTest, AHostThatAnswersIsConnectedToBeforeACrowdThatMayNotBeThere) {
  std::atomic<int> last_answered = -1;  // by the order of accepting
  RawReceiver receiver(
      [&](RawConnection& peer) {
        const auto request = peer.ReadRequest();
        if (!request || request->find("Host: 127.9.9.9") == std::string::npos)
          return peer.WaitForClose();
        last_answered = peer.index();
        peer.Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      },
      {.address = "0.0.0.0"});
  const auto to = [&](const std::string& host) {
    return Within(absl::Seconds(2), PostTo(receiver.UrlOf(host)));
  };
  std::promise<std::future<Response>> again;
  std::vector<std::future<Response>> crowd;
  // All of them at once: this is the sender's own thread.
  sender().Send(to("127.9.9.9"), [&](const Response&) {
    for (int n = 0; n < 200; ++n)
      crowd.push_back(Start(to(fmt::format("127.1.0.{}", n))));
    again.set_value(Start(to("127.9.9.9")));
  });
  std::future<Response> second = again.get_future().get();
  EXPECT_EQ(Await(second).status, 200);
  for (auto& future : crowd) EXPECT_EQ(Await(future).error, ErrorKind::kTimeout);
  EXPECT_GE(last_answered, 1);
  EXPECT_LT(last_answered, 20);
}

TEST_F(SenderConnectionTest, AClosedPortIsAConnectFailureWithTheReason) {
  std::uint16_t port = 0;
  { port = RawReceiver(Answering("")).port(); }
  const Response response = Exchange(PostTo(fmt::format("http://127.0.0.1:{}/", port)));
  EXPECT_EQ(response.error, ErrorKind::kConnect);
  EXPECT_THAT(response.error_detail, HasSubstr("Connection refused"));
}

// The kept-alive race: the endpoint closes just as the next request arrives.
TEST_F(SenderConnectionTest, ARequestOnAConnectionThatWasClosedIsSentOnceMore) {
  RawReceiver receiver([](RawConnection& peer) {
    peer.ReadRequest();
    peer.Send(OkResponse());
    if (peer.index() == 0) {
      peer.ReadRequest();  // and closes without an answer
    } else {
      peer.ReadRequest();
      peer.Send(OkResponse());
    }
  });
  EXPECT_EQ(Exchange(PostTo(receiver.Url(), "first")).status, 200);
  const Response response = Exchange(PostTo(receiver.Url(), "second"));
  EXPECT_EQ(response.error, ErrorKind::kNone) << response.error_detail;
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(receiver.connections(), 2);
  EXPECT_THAT(receiver.requests(), SizeIs(3));
}

TEST_F(SenderConnectionTest, ItIsNotSentAThirdTimeOverYetAnotherKeptConnection) {
  // Five connections answer once, then read one more request and close.
  std::atomic<int> answered{0};
  std::atomic<bool> all_open{false};
  RawReceiver receiver([&](RawConnection& peer) {
    peer.ReadRequest();
    ++answered;
    while (!all_open && answered < 5 && peer.Pause(std::chrono::milliseconds(1))) {
    }
    all_open = true;
    peer.Send(OkResponse());
    if (peer.index() >= 5) peer.Send(OkResponse());
    peer.ReadRequest();
  });
  std::vector<std::future<Response>> futures;
  for (int i = 0; i < 5; ++i) futures.push_back(Start(PostTo(receiver.Url(), "warm")));
  for (auto& future : futures) ASSERT_EQ(Await(future).status, 200);
  ASSERT_EQ(receiver.connections(), 5);

  const Response response = Exchange(PostTo(receiver.Url(), "once"));
  EXPECT_EQ(response.error, ErrorKind::kNone) << response.error_detail;
  EXPECT_EQ(response.status, 200);
  int sends = 0;
  for (const std::string& request : receiver.requests())
    sends += request.ends_with("once");
  EXPECT_EQ(sends, 2);
  EXPECT_EQ(receiver.connections(), 6);
}

TEST_F(SenderConnectionTest, OnANewConnectionNothingIsSentTwice) {
  RawReceiver receiver([](RawConnection& peer) { peer.ReadRequest(); });
  EXPECT_EQ(Exchange(PostTo(receiver.Url())).error, ErrorKind::kReset);
  EXPECT_THAT(receiver.requests(), SizeIs(1));
}

TEST_F(SenderConnectionTest, OnceALineWasAnsweredNothingIsSentTwice) {
  RawReceiver receiver([](RawConnection& peer) {
    peer.ReadRequest();
    peer.Send(OkResponse());
    peer.ReadRequest();
    peer.Send("HTTP/1.1 200 OK\r\n");
  });
  EXPECT_EQ(Exchange(PostTo(receiver.Url())).status, 200);
  EXPECT_EQ(Exchange(PostTo(receiver.Url())).error, ErrorKind::kReset);
  EXPECT_THAT(receiver.requests(), SizeIs(2));
}

TEST_F(SenderConnectionTest, RefusedAddressesAreNeverConnectedTo) {
  Allow({});
  RawReceiver receiver(Answering(OkResponse()));
  names_->Set("inside.test", {"127.0.0.1"});
  names_->Set("many.test", {"127.0.0.1", "10.0.0.1", "::1"});
  for (const char* host : {"127.0.0.1", "2130706433", "[::ffff:7f00:1]", "inside.test"}) {
    const Response response = Exchange(PostTo(receiver.UrlOf(host)));
    EXPECT_EQ(response.error, ErrorKind::kRefusedAddress) << host;
    EXPECT_THAT(response.error_detail, HasSubstr("127.0.0.1 is loopback (127.0.0.0/8)"));
    EXPECT_EQ(response.status, 0);
    EXPECT_LT(response.total, absl::Seconds(1));
  }
  const Response many = Exchange(PostTo(receiver.UrlOf("many.test")));
  EXPECT_EQ(many.error, ErrorKind::kRefusedAddress);
  EXPECT_THAT(many.error_detail, HasSubstr("10.0.0.1 is a private address"));
  EXPECT_EQ(receiver.connections(), 0);
}

TEST_F(SenderConnectionTest, OfSeveralAddressesOnlyThoseAllowedAreTried) {
  Allow({"127.0.0.2"});
  RawReceiver allowed(Answering(OkResponse()), {.address = "127.0.0.2"});
  RawReceiver refused(Answering(OkResponse()),
                      {.address = "127.0.0.1", .port = allowed.port()});
  names_->Set("mixed.test", {"127.0.0.1", "10.0.0.1", "127.0.0.2"});
  const Response response = Exchange(PostTo(allowed.UrlOf("mixed.test")));
  EXPECT_EQ(response.status, 200) << response.error_detail;
  EXPECT_THAT(response.remote_address, HasSubstr("127.0.0.2:"));
  EXPECT_LT(response.total, absl::Seconds(1));
  EXPECT_EQ(refused.connections(), 0);
}

TEST_F(SenderConnectionTest, TheOperatorsRuleHoldsAtItsPortOnly) {
  RawReceiver allowed(Answering(OkResponse()));
  RawReceiver other(Answering(OkResponse()));
  Allow({fmt::format("127.0.0.0/8:{}", allowed.port())});
  names_->Set("inside.test", {"127.0.0.1"});
  EXPECT_EQ(Exchange(PostTo(allowed.UrlOf("inside.test"))).status, 200);
  EXPECT_EQ(Exchange(PostTo(other.UrlOf("inside.test"))).error,
            ErrorKind::kRefusedAddress);
  EXPECT_EQ(other.connections(), 0);
}

TEST_F(SenderConnectionTest, WhereTheFirstAddressIsDeadTheSecondIsTried) {
  RawReceiver receiver(Answering(OkResponse()), {.address = "127.0.0.2"});
  names_->Set("two.test", {"127.0.0.1", "127.0.0.2"});
  const Response response = Exchange(PostTo(receiver.UrlOf("two.test")));
  EXPECT_EQ(response.status, 200) << response.error_detail;
  EXPECT_THAT(response.remote_address, HasSubstr("127.0.0.2:"));
}

TEST_F(SenderConnectionTest, AnAllowedButDeadAddressIsAConnectFailure) {
  std::uint16_t port = 0;
  { port = RawReceiver(Answering("")).port(); }
  names_->Set("half.test", {"10.0.0.1", "127.0.0.1"});
  EXPECT_EQ(Exchange(PostTo(fmt::format("http://half.test:{}/", port))).error,
            ErrorKind::kConnect);
}

TEST_F(SenderConnectionTest, ANameThatIsNotThereIsADnsFailure) {
  const Response response = Exchange(PostTo("http://nowhere.test/"));
  EXPECT_EQ(response.error, ErrorKind::kDns);
  EXPECT_EQ(response.error_detail, "there is no host nowhere.test");
  EXPECT_EQ(response.remote_address, "");
}

TEST_F(SenderConnectionTest, ANameWithoutAnAnswerFailsInItsTimeAndDelaysNoOther) {
  options_.connect_timeout = absl::Milliseconds(300);
  names_->SetHanging("hangs.test");
  names_->Set("well.test", {"127.0.0.1"});
  RawReceiver receiver(Answering(OkResponse()));
  std::vector<std::future<Response>> hung;
  for (int i = 0; i < 100; ++i) hung.push_back(Start(PostTo("http://hangs.test/")));
  const Response well = Exchange(PostTo(receiver.UrlOf("well.test")));
  EXPECT_EQ(well.status, 200);
  EXPECT_GT(well.name_lookup, absl::ZeroDuration());
  for (auto& future : hung) {
    const Response response = Await(future);
    EXPECT_EQ(response.error, ErrorKind::kDns);
    EXPECT_THAT(response.error_detail, HasSubstr("no answer for hangs.test within"));
    EXPECT_GE(response.total, absl::Milliseconds(300));
    EXPECT_LT(response.total, absl::Seconds(5));
  }
  EXPECT_EQ(names_->lookups(), 2);
}

TEST_F(SenderConnectionTest, ANameIsLookedUpOnceForManyRequests) {
  names_->Set("well.test", {"127.0.0.1"});
  RawReceiver receiver(Answering(OkResponse()));
  std::vector<std::future<Response>> futures;
  for (int i = 0; i < 100; ++i) {
    futures.push_back(Start(PostTo(receiver.UrlOf("well.test"))));
  }
  for (auto& future : futures) EXPECT_EQ(Await(future).status, 200);
  EXPECT_EQ(names_->lookups(), 1);
}

TEST_F(SenderConnectionTest, OverTheLimitARequestIsRefusedAtOnce) {
  options_.max_in_flight = 2;
  RawReceiver receiver([](RawConnection& peer) { peer.WaitForClose(); });
  auto first = Start(PostTo(receiver.Url()));
  auto second = Start(PostTo(receiver.Url()));
  const Response third = Exchange(PostTo(receiver.Url()));
  EXPECT_EQ(third.error, ErrorKind::kInternal);
  EXPECT_THAT(third.error_detail, HasSubstr("2 requests are in flight"));
  EXPECT_EQ(sender().in_flight(), 2u);
  sender_.reset();
  EXPECT_EQ(Await(first).error_detail, "shutting down");
  EXPECT_EQ(Await(second).error_detail, "shutting down");
}

TEST_F(SenderConnectionTest, TheEndAnswersAllThatIsUnderWay) {
  options_.max_connections_per_host = 1;
  names_->SetHanging("hangs.test");
  RawReceiver receiver([](RawConnection& peer) { peer.WaitForClose(); });
  std::vector<std::future<Response>> futures;
  futures.push_back(Start(PostTo(receiver.Url())));
  futures.push_back(Start(PostTo(receiver.Url())));
  futures.push_back(Start(PostTo("http://hangs.test/")));
  names_->Release();
  sender_.reset();
  for (auto& future : futures) {
    const Response response = Await(future);
    EXPECT_THAT(response.error, AnyOf(ErrorKind::kInternal, ErrorKind::kDns));
    EXPECT_NE(response.error_detail, "");
  }
}

TEST_F(SenderConnectionTest, AnOutcomeMayStartTheNextRequest) {
  RawReceiver receiver(Answering(OkResponse()));
  std::promise<Response> last;
  sender().Send(PostTo(receiver.Url()), [&](Response) {
    sender().Send(PostTo(receiver.Url()),
                  [&](Response response) { last.set_value(std::move(response)); });
  });
  auto future = last.get_future();
  EXPECT_EQ(Await(future).status, 200);
}

}  // namespace
}  // namespace windrow::http
