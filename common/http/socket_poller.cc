#include "common/http/socket_poller.h"

#include <curl/curl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdlib>

namespace windrow::http {

SocketPoller::SocketPoller()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  if (epoll_ < 0 || wake_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) != 0) {
    std::abort();
  }
}

SocketPoller::~SocketPoller() {
  close(wake_);
  close(epoll_);
}

void SocketPoller::SetInterest(int socket, int what) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= interests_.size()) interests_.resize(index * 2 + 64);
  Interest& interest = interests_[index];
  interest.wanted = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) interest.wanted |= EPOLLIN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) interest.wanted |= EPOLLOUT;
  // Too much EPOLLIN is mended when it fires; too much EPOLLOUT would fire at once.
  const bool lacks = (interest.wanted & ~interest.registered) != 0;
  const bool spins = (interest.registered & ~interest.wanted & EPOLLOUT) != 0;
  if (lacks || spins) Register(socket, interest);
}

void SocketPoller::Register(int socket, Interest& interest) {
  epoll_event event{};
  event.events = interest.wanted;
  event.data.fd = socket;
  const int operation = interest.wanted == 0       ? EPOLL_CTL_DEL
                        : interest.registered == 0 ? EPOLL_CTL_ADD
                                                   : EPOLL_CTL_MOD;
  epoll_ctl(epoll_, operation, socket, &event);
  interest.registered = interest.wanted;
}

void SocketPoller::Close(int socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index < interests_.size()) interests_[index] = {};
  close(socket);  // leaves epoll with it
}

void SocketPoller::Wait(int timeout_ms, std::vector<ReadySocket>* ready) {
  ready->clear();
  const int count =
      epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    const int socket = event.data.fd;
    if (socket == wake_) {
      std::uint64_t ignored;
      [[maybe_unused]] const auto size = read(wake_, &ignored, sizeof(ignored));
      continue;
    }
    Interest& interest = interests_[static_cast<std::size_t>(socket)];
    const std::uint32_t broken = event.events & (EPOLLERR | EPOLLHUP);
    if (interest.wanted == 0 || ((event.events & interest.wanted) == 0 && !broken)) {
      Register(socket, interest);
      continue;
    }
    int curl_events = 0;
    if (event.events & EPOLLIN) curl_events |= CURL_CSELECT_IN;
    if (event.events & EPOLLOUT) curl_events |= CURL_CSELECT_OUT;
    if (broken) curl_events |= CURL_CSELECT_ERR;
    ready->push_back({socket, curl_events});
  }
}

void SocketPoller::Wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto size = write(wake_, &one, sizeof(one));
}

}  // namespace windrow::http
