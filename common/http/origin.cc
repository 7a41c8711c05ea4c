#include "common/http/origin.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/status.h"

namespace windrow::http {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// getaddrinfo does not tell how long an answer holds.
constexpr seconds kFresh{30};
constexpr minutes kStale{5};
constexpr seconds kFailureHolds{1};
constexpr seconds kNextTryAfterFailure{5};
constexpr minutes kIdle{10};
constexpr std::size_t kMaxRefusedText = 500;

std::string CurlForm(const std::vector<IpAddress>& addresses) {
  std::string text;
  for (const IpAddress& address : addresses) {
    if (!text.empty()) text += ',';
    text += address.v4 ? address.ToString() : fmt::format("[{}]", address.ToString());
  }
  return text;
}

LookupPool::Addresses Allowed(const std::vector<IpAddress>& addresses, std::uint16_t port,
                              const AddressRules& rules) {
  std::vector<IpAddress> allowed;
  std::string refused;
  for (const IpAddress& address : addresses) {
    const absl::Status status = rules.Check(address, port);
    if (status.ok()) {
      allowed.push_back(address);
    } else if (refused.size() < kMaxRefusedText) {
      if (!refused.empty()) refused += "; ";
      refused += std::string(status.message());
    }
  }
  if (allowed.empty()) return absl::PermissionDeniedError(refused);
  return allowed;
}

std::string_view KeyOf(std::string_view url) {
  const std::size_t start = url.find("://");
  if (start == std::string_view::npos) return url;
  return url.substr(0, url.find_first_of("/?#", start + 3));
}

}  // namespace

void Origin::TakeAnswer(LookupPool::Addresses answer, const AddressRules& rules,
                        SteadyTime now) {
  looking = false;
  lane = absl::IsUnavailable(answer.status()) ? LookupLane::kSilent : LookupLane::kKnown;
  if (answer.ok()) answer = Allowed(*answer, url.port, rules);
  failure = answer.status();
  if (answer.ok()) {
    fresh_until = now + kFresh;
    stale_until = now + kStale;
    std::string heard = CurlForm(*answer);
    if (heard == addresses) return;
    addresses = std::move(heard);
    to_teach = fmt::format("{}:{}:{}", url.host, url.port, addresses);
  } else if (absl::IsUnavailable(failure) && HasAddresses(now)) {
    fresh_until = now + kNextTryAfterFailure;
  } else {
    fresh_until = now + kFailureHolds;
    stale_until = SteadyTime::min();
  }
}

absl::StatusOr<Origin*> OriginTable::For(std::string_view url) {
  const std::string_view key = KeyOf(url);
  if (Origin* known = Find(key)) return known;
  auto origin = std::make_unique<Origin>();
  WINDROW_ASSIGN_OR_RETURN(origin->url, ParseWebhookUrl(key, {.allow_http = true}));
  if (origin->url.host_is_address) {
    origin->failure = rules_->CheckHost(origin->url.host, origin->url.port);
    origin->fresh_until = SteadyTime::max();
    if (origin->failure.ok()) origin->stale_until = SteadyTime::max();
  }
  origin->key = std::string(key);
  Origin* made = origin.get();
  origins_.emplace(made->key, std::move(origin));
  return made;
}

Origin* OriginTable::Find(std::string_view key) {
  const auto found = origins_.find(key);
  return found == origins_.end() ? nullptr : found->second.get();
}

void OriginTable::ForgetIdle(SteadyTime now) {
  for (auto it = origins_.begin(); it != origins_.end();) {
    const Origin& origin = *it->second;
    const bool idle = origin.in_flight == 0 && origin.waiting.empty() &&
                      !origin.looking && !origin.in_queue &&
                      now - origin.last_used > kIdle;
    if (idle && !origin.addresses.empty()) {
      to_unteach_.push_back(fmt::format("-{}:{}", origin.url.host, origin.url.port));
    }
    it = idle ? origins_.erase(it) : std::next(it);
  }
}

std::vector<std::string> OriginTable::TakeLessons(Origin* origin) {
  std::vector<std::string> lessons;
  if (origin->to_teach.empty()) return lessons;
  // Forgetting comes first: the name to learn may be among the forgotten ones.
  lessons = std::exchange(to_unteach_, {});
  lessons.push_back(std::exchange(origin->to_teach, {}));
  return lessons;
}

}  // namespace windrow::http
