#include "common/http/ops_server.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "common/base/log.h"
#include "common/base/settings.h"
#include "common/base/status.h"

namespace windrow::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using HttpRequest = bhttp::request<bhttp::empty_body>;
using HttpResponse = bhttp::response<bhttp::string_body>;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

HttpResponse MakeResponse(const HttpRequest& request, bhttp::status status,
                          std::string body,
                          const char* type = "text/plain; charset=utf-8") {
  HttpResponse response(status, request.version());
  response.set(bhttp::field::content_type, type);
  response.set(bhttp::field::cache_control, "no-store");
  response.set("x-content-type-options", "nosniff");
  response.keep_alive(request.keep_alive());
  response.content_length(body.size());
  if (request.method() != bhttp::verb::head) response.body() = std::move(body);
  return response;
}

HttpResponse Answer(const HttpRequest& request, const OpsOptions& options,
                    const metrics::Registry& registry) {
  if (request.method() != bhttp::verb::get && request.method() != bhttp::verb::head) {
    HttpResponse response = MakeResponse(request, bhttp::status::method_not_allowed,
                                         "only GET and HEAD are served here\n");
    response.set(bhttp::field::allow, "GET, HEAD");
    return response;
  }
  const std::string_view target = View(request.target());
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/healthz") return MakeResponse(request, bhttp::status::ok, "ok\n");
  if (path == "/readyz") {
    const absl::Status ready = options.ready ? options.ready() : absl::OkStatus();
    if (ready.ok()) return MakeResponse(request, bhttp::status::ok, "ready\n");
    return MakeResponse(request, bhttp::status::service_unavailable,
                        fmt::format("not ready: {}\n", std::string(ready.message())));
  }
  if (path == "/metrics") {
    return MakeResponse(request, bhttp::status::ok, registry.Render(),
                        "text/plain; version=0.0.4; charset=utf-8");
  }
  return MakeResponse(request, bhttp::status::not_found,
                      "there are /metrics, /healthz and /readyz\n");
}

// One connection, alive as long as an operation of it is.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Tcp::socket socket, const OpsOptions& options,
          const metrics::Registry& registry, int* open)
      : stream_(std::move(socket)), options_(options), registry_(registry), open_(open) {
    ++*open_;
  }
  ~Session() { --*open_; }

  void Read() {
    parser_.emplace();
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
    if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow) {
      return Refuse(
          bhttp::status::request_header_fields_too_large,
          fmt::format("the header is over {} bytes\n", options_.max_header_bytes));
    }
    if (error == bhttp::error::unexpected_body || error == bhttp::error::body_limit) {
      return Refuse(bhttp::status::payload_too_large, "a request has no body here\n");
    }
    if (error.category() == bhttp::make_error_code(bhttp::error::bad_method).category() &&
        error != bhttp::error::end_of_stream && error != bhttp::error::partial_message) {
      return Refuse(bhttp::status::bad_request, "not HTTP: " + error.message() + "\n");
    }
    if (error) return;  // closed, or too slow: the stream's timer has closed it
    Write(Answer(parser_->get(), options_, registry_));
  }

  void Refuse(bhttp::status status, std::string why) {
    HttpRequest request;
    request.version(11);
    request.keep_alive(false);
    Write(MakeResponse(request, status, std::move(why)));
  }

  void Write(HttpResponse response) {
    response_ = std::move(response);
    // Serves HEAD as well: the length is told, the body is not there.
    bhttp::async_write(stream_, response_,
                       [self = shared_from_this()](ErrorCode error, std::size_t) {
                         self->OnWritten(error);
                       });
  }

  void OnWritten(ErrorCode error) {
    if (!error && !response_.need_eof() && response_.keep_alive()) return Read();
    ErrorCode ignored;
    stream_.socket().shutdown(Tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{64 * 1024};
  std::optional<bhttp::request_parser<bhttp::empty_body>> parser_;
  HttpResponse response_;
  const OpsOptions& options_;
  const metrics::Registry& registry_;
  int* open_;
};

}  // namespace

class OpsServer::Impl {
 public:
  Impl(OpsOptions options, const metrics::Registry& registry)
      : options_(std::move(options)), registry_(registry) {}

  ~Impl() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Listen() {
    WINDROW_ASSIGN_OR_RETURN(const config::HostPort address,
                             config::HostPort::Parse(options_.listen));
    ErrorCode error;
    Tcp::resolver resolver(io_);
    const auto found = resolver.resolve(address.host, std::to_string(address.port),
                                        Tcp::resolver::passive, error);
    if (error || found.empty()) return Unavailable("no such address", error);
    const Tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (error) return Unavailable("cannot open a socket", error);
    acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    acceptor_.bind(endpoint, error);
    if (error == asio::error::address_in_use) {
      return Unavailable("taken by another process; set ops_listen to a free one", error);
    }
    if (error) return Unavailable("cannot be listened on", error);
    acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Unavailable("cannot be listened on", error);
    port_ = acceptor_.local_endpoint(error).port();
    return absl::OkStatus();
  }

  void Run() {
    Accept();
    thread_ = std::thread([this] {
      try {
        io_.run();
      } catch (const std::exception& error) {
        Log(LogLevel::kError, "ops_server_ended", {{"error", error.what()}});
      }
    });
  }

  std::uint16_t port() const { return port_; }

 private:
  absl::Status Unavailable(const char* what, ErrorCode error) const {
    return absl::UnavailableError(
        fmt::format("{}: {} ({})", options_.listen, what, error.message()));
  }

  void Accept() {
    acceptor_.async_accept([this](ErrorCode error, Tcp::socket socket) {
      if (error) return AcceptLater();
      if (open_ < options_.max_connections) {
        std::make_shared<Session>(std::move(socket), options_, registry_, &open_)->Read();
      }
      Accept();
    });
  }

  // Out of descriptors, as a rule: trying again at once would only burn a core.
  void AcceptLater() {
    timer_.expires_after(std::chrono::milliseconds(100));
    timer_.async_wait([this](ErrorCode error) {
      if (!error) Accept();
    });
  }

  // Before io_: sessions, which io_ owns, count themselves down when it goes.
  int open_ = 0;
  const OpsOptions options_;
  const metrics::Registry& registry_;
  asio::io_context io_{1};
  Tcp::acceptor acceptor_{io_};
  asio::steady_timer timer_{io_};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

OpsServer::OpsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OpsServer::~OpsServer() = default;

absl::StatusOr<std::unique_ptr<OpsServer>> OpsServer::Start(
    OpsOptions options, const metrics::Registry& registry) {
  auto impl = std::make_unique<Impl>(std::move(options), registry);
  WINDROW_RETURN_IF_ERROR(impl->Listen());
  impl->Run();
  return std::unique_ptr<OpsServer>(new OpsServer(std::move(impl)));
}

std::uint16_t OpsServer::port() const { return impl_->port(); }

}  // namespace windrow::http
