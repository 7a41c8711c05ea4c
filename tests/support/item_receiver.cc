#include "tests/support/item_receiver.h"

#include <cstdlib>
#include <string_view>

namespace windrow::testing {
namespace {

constexpr std::string_view kIdHeader = "\r\nwebhook-id: ";
constexpr std::string_view kNumberKey = "\"escmsg_id\":";

std::string DeliveryIdOf(std::string_view head) {
  const std::size_t at = head.find(kIdHeader);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = head.substr(at + kIdHeader.size());
  return std::string(rest.substr(0, rest.find('\r')));
}

}  // namespace

ItemReceiver::ItemReceiver(std::chrono::milliseconds delay)
    : delay_(delay),
      receiver_(std::make_unique<testing_support::RawReceiver>(
          [this](testing_support::RawConnection& peer) { Serve(peer); })) {}

void ItemReceiver::Serve(testing_support::RawConnection& peer) {
  while (const auto request = peer.ReadRequest()) {
    Keep(*request);
    if (delay_.count() > 0 && !peer.Pause(delay_)) return;
    if (!peer.Send(testing_support::OkResponse())) return;
  }
}

void ItemReceiver::Keep(const std::string& request) {
  const std::size_t body = request.find("\r\n\r\n");
  Received received{.delivery_id = DeliveryIdOf(request.substr(0, body + 2))};
  for (std::size_t at = request.find(kNumberKey, body); at != std::string::npos;
       at = request.find(kNumberKey, at)) {
    at += kNumberKey.size();
    received.escmsg_ids.push_back(std::strtoll(request.c_str() + at, nullptr, 10));
  }
  std::lock_guard lock(mutex_);
  distinct_.insert(received.escmsg_ids.begin(), received.escmsg_ids.end());
  requests_.push_back(std::move(received));
  changed_.notify_all();
}

std::vector<ItemReceiver::Received> ItemReceiver::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

std::map<std::int64_t, int> ItemReceiver::items() const {
  std::map<std::int64_t, int> counts;
  for (const Received& request : requests()) {
    for (const std::int64_t number : request.escmsg_ids) ++counts[number];
  }
  return counts;
}

int ItemReceiver::repeats() const {
  std::set<std::string> seen;
  int repeats = 0;
  for (const Received& request : requests()) {
    if (!seen.insert(request.delivery_id).second) ++repeats;
  }
  return repeats;
}

std::size_t ItemReceiver::distinct_items() const {
  std::lock_guard lock(mutex_);
  return distinct_.size();
}

bool ItemReceiver::WaitForItems(std::size_t count, std::chrono::seconds limit) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return distinct_.size() >= count; });
}

}  // namespace windrow::testing
