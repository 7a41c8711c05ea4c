#include "cli/dev/receiver.h"

#include <absl/time/clock.h>
#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <deque>
#include <optional>
#include <ostream>
#include <set>
#include <thread>
#include <unordered_set>
#include <utility>

#include "cli/table.h"
#include "common/json/document.h"

namespace windrow::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using HttpRequest = bhttp::request<bhttp::string_body>;
using HttpResponse = bhttp::response<bhttp::string_body>;

constexpr std::size_t kRememberedIds = 100'000;

std::string Text(beast::string_view text) { return {text.data(), text.size()}; }

// The last ids that were verified: what comes again is a repeat.
class SeenIds {
 public:
  // False: it was there.
  bool Add(const std::string& id) {
    if (!ids_.insert(id).second) return false;
    order_.push_back(id);
    if (order_.size() > kRememberedIds) {
      ids_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }

 private:
  std::unordered_set<std::string> ids_;
  std::deque<std::string> order_;
};

// Decides on requests; knows no sockets.
class Desk {
 public:
  Desk(Verifier verifier, std::ostream& out)
      : verifier_(std::move(verifier)), out_(out) {}

  HttpResponse Answer(const HttpRequest& request) {
    if (request.method() == bhttp::verb::get && request.target() == "/healthz") {
      return Respond(request, bhttp::status::ok, "ok\n");
    }
    const SignedHeaders headers = {Text(request["webhook-id"]),
                                   Text(request["webhook-timestamp"]),
                                   Text(request["webhook-signature"])};
    const absl::Status status = verifier_.Verify(headers, request.body(), absl::Now());
    Print(request, headers.id, status);
    if (status.ok()) return Respond(request, bhttp::status::no_content, "");
    return Respond(request, bhttp::status::unauthorized,
                   std::string(status.message()) + "\n");
  }

 private:
  static HttpResponse Respond(const HttpRequest& request, bhttp::status status,
                              std::string body) {
    HttpResponse response(status, request.version());
    response.keep_alive(request.keep_alive());
    response.body() = std::move(body);
    if (status != bhttp::status::no_content) response.prepare_payload();
    return response;
  }

  void Print(const HttpRequest& request, const std::string& id,
             const absl::Status& status) {
    std::string verdict = "verified";
    if (!status.ok()) {
      verdict = fmt::format("REFUSED, {}", std::string(status.message()));
    } else if (!seen_.Add(id)) {
      verdict = "verified, a repeat";
    }
    const std::string line =
        fmt::format("{}  {} {}  {}  {}  {}",
                    absl::FormatTime("%H:%M:%E3S", absl::Now(), absl::LocalTimeZone()),
                    Text(request.method_string()), Text(request.target()), verdict,
                    BodySummary(request.body()), id);
    out_ << Harmless(line, false) << std::endl;
  }

  Verifier verifier_;
  std::ostream& out_;
  SeenIds seen_;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Tcp::socket socket, const ReceiverOptions& options, Desk* desk, int* open)
      : stream_(std::move(socket)), options_(options), desk_(desk), open_(open) {
    ++*open_;
  }
  ~Connection() { --*open_; }

  void Read() {
    parser_.emplace();
    parser_->body_limit(options_.max_body_bytes);
    parser_->header_limit(static_cast<std::uint32_t>(options_.max_header_bytes));
    stream_.expires_after(
        std::chrono::milliseconds(absl::ToInt64Milliseconds(options_.client_timeout)));
    bhttp::async_read(stream_, buffer_, *parser_,
                      [self = shared_from_this()](ErrorCode error, std::size_t) {
                        self->OnRead(error);
                      });
  }

 private:
  void OnRead(ErrorCode error) {
    if (error == bhttp::error::body_limit || error == bhttp::error::header_limit) {
      HttpResponse response(bhttp::status::payload_too_large, 11);
      response.keep_alive(false);
      response.prepare_payload();
      return Write(std::move(response));
    }
    if (error) return;  // closed, too slow, or not HTTP
    Write(desk_->Answer(parser_->get()));
  }

  void Write(HttpResponse response) {
    response_ = std::move(response);
    bhttp::async_write(stream_, response_,
                       [self = shared_from_this()](ErrorCode error, std::size_t) {
                         self->OnWritten(error);
                       });
  }

  void OnWritten(ErrorCode error) {
    if (!error && response_.keep_alive()) return Read();
    ErrorCode ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<bhttp::request_parser<bhttp::string_body>> parser_;
  HttpResponse response_;
  const ReceiverOptions& options_;
  Desk* desk_;
  int* open_;
};

void AddEvent(const std::optional<json::Value>& item, std::set<std::string>* events) {
  if (!item || !item->is_object()) return;
  const std::optional<json::Value> event = item->Find("event");
  if (event && event->type() == json::Type::kString) events->insert(event->text());
}

}  // namespace

std::string BodySummary(const std::string& body) {
  json::Limits limits;
  limits.max_bytes = 16u << 20;
  const auto document = json::Document::ParseValue(body, limits);
  if (!document.ok()) return fmt::format("{} bytes that are not JSON", body.size());
  std::set<std::string> events;
  std::size_t items = 1;
  if (document->root().is_array()) {
    items = 0;
    for (auto item = document->root().first_child(); item; item = item->next()) {
      ++items;
      AddEvent(item, &events);
    }
  } else {
    AddEvent(document->root(), &events);
  }
  return fmt::format("{} item{}{}{}", items, items == 1 ? "" : "s",
                     events.empty() ? "" : ": ", fmt::join(events, ", "));
}

class Receiver::Impl {
 public:
  Impl(const ReceiverOptions& options, Verifier verifier, std::ostream& out)
      : options_(options), desk_(std::move(verifier), out) {}
  ~Impl() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen() {
    ErrorCode error;
    Tcp::resolver resolver(io_);
    const auto found = resolver.resolve(options_.listen.host,
                                        std::to_string(options_.listen.port), error);
    if (!error) acceptor_.open(found.begin()->endpoint().protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(found.begin()->endpoint(), error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return absl::UnavailableError(fmt::format(
          "{} cannot be listened on: {}", options_.listen.ToString(), error.message()));
    }
    port_ = acceptor_.local_endpoint(error).port();
    return absl::OkStatus();
  }

  void Run() {
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }

  std::uint16_t port() const { return port_; }

 private:
  void Accept() {
    acceptor_.async_accept([this](ErrorCode error, Tcp::socket socket) {
      if (error) {
        timer_.expires_after(std::chrono::milliseconds(100));
        timer_.async_wait([this](ErrorCode cancelled) {
          if (!cancelled) Accept();
        });
        return;
      }
      if (open_ < options_.max_connections) {
        std::make_shared<Connection>(std::move(socket), options_, &desk_, &open_)->Read();
      }
      Accept();
    });
  }

  // Before io_: connections, which io_ owns, count themselves down when it goes.
  int open_ = 0;
  const ReceiverOptions options_;
  Desk desk_;
  asio::io_context io_{1};
  Tcp::acceptor acceptor_{io_};
  asio::steady_timer timer_{io_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

Receiver::Receiver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Receiver::~Receiver() = default;

absl::StatusOr<std::unique_ptr<Receiver>> Receiver::Start(const ReceiverOptions& options,
                                                          Verifier verifier,
                                                          std::ostream& out) {
  auto impl = std::make_unique<Impl>(options, std::move(verifier), out);
  const absl::Status listening = impl->Listen();
  if (!listening.ok()) return listening;
  impl->Run();
  return std::unique_ptr<Receiver>(new Receiver(std::move(impl)));
}

std::uint16_t Receiver::port() const { return impl_->port(); }

}  // namespace windrow::cli
