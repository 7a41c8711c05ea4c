// What is known of each scheme, host and port that requests go to: its addresses, how
// many requests are out, and which wait.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/http/exchange.h"
#include "common/http/name_lookup.h"
#include "common/http/url.h"

namespace windrow::http {

struct Origin {
  std::string key;  // "https://example.com:8443"
  WebhookUrl url;
  std::size_t in_flight = 0;
  std::deque<PendingRequest> waiting;
  SteadyTime last_used;
  bool answers = false;   // its last request was answered
  bool in_queue = false;  // in the sender's queue of those that are started slowly

  // Addresses are used while fresh; past that they still are while a lookup runs, so
  // that a slow name server holds nobody up, up to stale_until.
  bool looking = false;
  LookupLane lane = LookupLane::kNew;
  SteadyTime fresh_until = SteadyTime::min();
  SteadyTime stale_until = SteadyTime::min();
  // Why there are none: PERMISSION_DENIED where the rules refuse all of them.
  absl::Status failure;
  std::string addresses;  // in libcurl's form: "192.0.2.1,[2001:db8::1]"
  std::string to_teach;   // what libcurl has not heard of yet, or empty

  bool NeedsLookup(SteadyTime now) const { return !looking && now >= fresh_until; }
  bool HasAddresses(SteadyTime now) const { return now < stale_until; }
  // Keeps the addresses that the rules allow; libcurl hears of no other.
  void TakeAnswer(LookupPool::Addresses answer, const AddressRules& rules,
                  SteadyTime now);
};

class OriginTable {
 public:
  explicit OriginTable(const AddressRules* rules) : rules_(rules) {}

  // The origin of a URL in the form of WebhookUrl::text; made where it is new.
  // INVALID_ARGUMENT where the URL is not one.
  absl::StatusOr<Origin*> For(std::string_view url);
  // Null where it was forgotten.
  Origin* Find(std::string_view key);
  // Drops origins that nothing went to for ten minutes.
  void ForgetIdle(SteadyTime now);
  // What libcurl is to learn before a request to `origin`, by CURLOPT_RESOLVE.
  std::vector<std::string> TakeLessons(Origin* origin);

  template <typename Function>
  void ForEach(Function function) {
    for (auto& [key, origin] : origins_) function(*origin);
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  const AddressRules* const rules_;
  // By value of Origin::key; the origins stay where they are.
  std::unordered_map<std::string, std::unique_ptr<Origin>, Hash, std::equal_to<>>
      origins_;
  std::vector<std::string> to_unteach_;
};

}  // namespace windrow::http
