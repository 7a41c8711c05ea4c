// The sockets that libcurl waits for, under epoll, and a way to wake the loop.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <vector>

namespace windrow::http {

struct ReadySocket {
  int socket;
  int curl_events;  // CURL_CSELECT_…
};

// One thread's own, but for Wake.
class SocketPoller {
 public:
  // Aborts where the kernel gives no epoll or eventfd: nothing could be sent.
  SocketPoller();
  ~SocketPoller();
  SocketPoller(const SocketPoller&) = delete;
  SocketPoller& operator=(const SocketPoller&) = delete;

  // `what` is one of CURL_POLL_IN, …_OUT, …_INOUT, …_REMOVE. A removed socket stays with
  // the kernel until it becomes readable or is closed: a kept-alive connection goes from
  // request to request without a system call here.
  void SetInterest(int socket, int what);
  void Close(int socket);

  // Waits up to `timeout_ms` (-1: without end) and replaces the content of `ready`.
  void Wait(int timeout_ms, std::vector<ReadySocket>* ready);
  // Ends a Wait, the running one or the next. Any thread.
  void Wake();

 private:
  struct Interest {
    std::uint32_t wanted = 0;      // by libcurl
    std::uint32_t registered = 0;  // with the kernel; 0: not at all
  };

  void Register(int socket, Interest& interest);

  int epoll_ = -1;
  int wake_ = -1;
  std::vector<Interest> interests_;  // by descriptor
  std::array<epoll_event, 512> events_;
};

}  // namespace windrow::http
