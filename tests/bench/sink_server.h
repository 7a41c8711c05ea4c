// An HTTP/1.1 server that costs next to nothing: one thread, epoll, kept-alive
// connections, one read and one write a request.
//
// Paths say what it does: /ok/N checks and answers 200, or 404 while its receiver is away
// (shared_page.h); /fail/N answers 500; /hang/N never answers. GET /stats gives the
// counts as JSON, GET /latencies the latencies since it was last asked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/delivery_check.h"

namespace windrow::bench {

class SinkServer {
 public:
  // Listens on 127.0.0.1 and, for webhooks that should each have a host of their own, on
  // `hosts` addresses from 127.1.0.0 on, all at the same port, a free one.
  SinkServer(DeliveryCheck& check, const SharedPage& page, std::size_t webhooks,
             std::size_t hosts);
  ~SinkServer();
  SinkServer(const SinkServer&) = delete;
  SinkServer& operator=(const SinkServer&) = delete;

  std::uint16_t port() const { return port_; }
  // Serves until `stop` is readable.
  void Run(int stop);

 private:
  struct Connection;
  struct Head;

  void Listen(std::uint32_t address);
  void Accept(int listener);
  // False where the connection is over.
  bool Serve(Connection* connection);
  bool AnswerAll(Connection* connection);
  void Answer(const Head& head, std::string_view body, std::string* out);
  bool IsAway(std::size_t webhook) const;
  void Close(int socket);

  DeliveryCheck& check_;
  const SharedPage& page_;
  std::size_t webhooks_;
  int epoll_;
  std::uint16_t port_ = 0;
  std::vector<int> listeners_;                            // ascending
  std::vector<std::unique_ptr<Connection>> connections_;  // by socket
};

}  // namespace windrow::bench
