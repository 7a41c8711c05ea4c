#include "cli/dev/ports.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>

namespace windrow::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using Tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

std::optional<Tcp::endpoint> Resolve(asio::io_context* io,
                                     const config::HostPort& address) {
  ErrorCode error;
  Tcp::resolver resolver(*io);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error || found.empty()) return std::nullopt;
  return found.begin()->endpoint();
}

absl::Status Bind(const WantedAddress& wanted, asio::io_context* io,
                  Tcp::acceptor* acceptor) {
  const std::string text = wanted.address.ToString();
  const std::optional<Tcp::endpoint> endpoint = Resolve(io, wanted.address);
  if (!endpoint) {
    return absl::UnavailableError(
        fmt::format("{}: no such address; see {}", text, wanted.flag));
  }
  ErrorCode error;
  acceptor->open(endpoint->protocol(), error);
  if (!error) acceptor->set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor->bind(*endpoint, error);
  if (!error) acceptor->listen(1, error);
  if (!error) return absl::OkStatus();
  if (error == asio::error::address_in_use) {
    return absl::UnavailableError(
        fmt::format("{} is taken by another process. End that, or choose another port "
                    "with {} {}:PORT (0: any free one).",
                    text, wanted.flag, wanted.address.host));
  }
  return absl::UnavailableError(fmt::format("{} cannot be listened on: {}; see {}", text,
                                            error.message(), wanted.flag));
}

}  // namespace

absl::StatusOr<std::vector<config::HostPort>> ReservePorts(
    const std::vector<WantedAddress>& wanted) {
  asio::io_context io;
  std::vector<Tcp::acceptor> held;  // until all are chosen, so that all differ
  std::vector<config::HostPort> chosen;
  for (const WantedAddress& one : wanted) {
    held.emplace_back(io);
    const absl::Status bound = Bind(one, &io, &held.back());
    if (!bound.ok()) return bound;
    config::HostPort address = one.address;
    address.port = held.back().local_endpoint().port();
    chosen.push_back(address);
  }
  return chosen;
}

bool Accepts(const config::HostPort& address) {
  asio::io_context io;
  const std::optional<Tcp::endpoint> endpoint = Resolve(&io, address);
  if (!endpoint) return false;
  Tcp::socket socket(io);
  ErrorCode error;
  socket.connect(*endpoint, error);
  return !error;
}

bool AnswersOk(const config::HostPort& address, const std::string& path) {
  asio::io_context io;
  const std::optional<Tcp::endpoint> endpoint = Resolve(&io, address);
  if (!endpoint) return false;
  beast::tcp_stream stream(io);
  bhttp::request<bhttp::empty_body> request(bhttp::verb::get, path, 11);
  request.set(bhttp::field::host, address.ToString());
  request.keep_alive(false);
  beast::flat_buffer buffer;
  bhttp::response<bhttp::string_body> response;
  bool ok = false;
  stream.expires_after(std::chrono::seconds(1));
  stream.async_connect(*endpoint, [&](ErrorCode connected) {
    if (connected) return;
    bhttp::async_write(stream, request, [&](ErrorCode written, std::size_t) {
      if (written) return;
      bhttp::async_read(stream, buffer, response, [&](ErrorCode read, std::size_t) {
        ok = !read && response.result() == bhttp::status::ok;
      });
    });
  });
  io.run();
  return ok;
}

}  // namespace windrow::cli
