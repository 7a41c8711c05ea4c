// A sender that may reach loopback, and names that lead where a test says.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/http/sender.h"
#include "tests/support/raw_receiver.h"

namespace windrow::http {

// Answers from a table; a name that hangs does so until the end.
class FakeNames final : public NameLookup {
 public:
  ~FakeNames() override = default;

  void Set(const std::string& host, const std::vector<std::string>& addresses) {
    const std::lock_guard lock(mutex_);
    for (const std::string& address : addresses) {
      table_[host].push_back(*IpAddress::Parse(address));
    }
  }
  void SetHanging(const std::string& host) {
    const std::lock_guard lock(mutex_);
    hanging_.push_back(host);
  }
  void Release() {
    {
      const std::lock_guard lock(mutex_);
      released_ = true;
    }
    changed_.notify_all();
  }
  int lookups() const {
    const std::lock_guard lock(mutex_);
    return lookups_;
  }

  absl::StatusOr<std::vector<IpAddress>> Lookup(const std::string& host,
                                                absl::Duration) override {
    std::unique_lock lock(mutex_);
    ++lookups_;
    if (std::count(hanging_.begin(), hanging_.end(), host) > 0) {
      changed_.wait(lock, [this] { return released_; });
      return absl::UnavailableError("released");
    }
    const auto found = table_.find(host);
    if (found == table_.end()) return absl::NotFoundError("there is no host " + host);
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<IpAddress>> table_;
  std::vector<std::string> hanging_;
  bool released_ = false;
  int lookups_ = 0;
};

class SenderTest : public testing::Test {
 protected:
  SenderTest() { Allow({"127.0.0.0/8"}); }
  ~SenderTest() override {
    names_->Release();
    sender_.reset();
  }

  void Allow(const std::vector<std::string>& rules) {
    std::vector<AllowRule> parsed;
    for (const std::string& rule : rules)
      parsed.push_back(AllowRule::Parse(rule).value());
    options_.address_rules = AddressRules(std::move(parsed));
  }

  // Made at the first use, from options_ as they are then.
  HttpSender& sender() {
    if (!sender_) {
      options_.name_lookup = names_;
      sender_ = MakeCurlSender(options_);
    }
    return *sender_;
  }

  static Request PostTo(std::string url, std::string body = "{}") {
    Request request;
    request.url = std::move(url);
    request.headers = {"content-type: application/json"};
    request.body = std::make_shared<const std::string>(std::move(body));
    request.timeout = absl::Seconds(10);
    return request;
  }
  static Request Within(absl::Duration timeout, Request request) {
    request.timeout = timeout;
    return request;
  }

  std::future<Response> Start(Request request) {
    auto promise = std::make_shared<std::promise<Response>>();
    std::future<Response> future = promise->get_future();
    sender().Send(std::move(request), [promise](Response response) {
      promise->set_value(std::move(response));
    });
    return future;
  }
  static Response Await(std::future<Response>& future) {
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      ADD_FAILURE() << "no outcome within 20 s";
      std::abort();
    }
    return future.get();
  }
  Response Exchange(Request request) {
    std::future<Response> future = Start(std::move(request));
    return Await(future);
  }

  SenderOptions options_;
  std::shared_ptr<FakeNames> names_ = std::make_shared<FakeNames>();
  std::unique_ptr<HttpSender> sender_;
};

// A receiver's script that answers each request with the same bytes, on kept-alive
// connections.
inline testing_support::RawReceiver::Script Answering(std::string bytes) {
  return [bytes = std::move(bytes)](testing_support::RawConnection& peer) {
    while (peer.ReadRequest() && peer.Send(bytes)) {
    }
  };
}

}  // namespace windrow::http
