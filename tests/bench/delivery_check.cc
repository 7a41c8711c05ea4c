#include "tests/bench/delivery_check.h"

#include <absl/strings/escaping.h>
#include <absl/strings/numbers.h>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/bench/bench_event.h"

namespace windrow::bench {
namespace {

constexpr std::int64_t kTimestampTolerance = 300;  // seconds, as Standard Webhooks has it

// 128 bits of a text: two of them are the same for one text in practice only.
std::pair<std::uint64_t, std::uint64_t> Fingerprint(std::string_view text) {
  std::uint64_t a = text.size(), b = ~a;
  for (const char c : text) {
    a = Mix(a, static_cast<unsigned char>(c));
    b = Mix(b, static_cast<unsigned char>(c) + 1'000u);
  }
  return {a, b};
}

EVP_MAC_CTX* MakeMac(const std::string& secret) {
  constexpr std::string_view kPrefix = "whsec_";
  std::string key;
  if (!secret.starts_with(kPrefix) ||
      !absl::Base64Unescape(secret.substr(kPrefix.size()), &key)) {
    std::fputs("sink: the secret must be whsec_ and base64\n", stderr);
    std::exit(2);
  }
  EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(hmac);
  EVP_MAC_free(hmac);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_init(context, reinterpret_cast<const unsigned char*>(key.data()),
                   key.size(), params) != 1) {
    std::fputs("sink: OpenSSL refuses the secret\n", stderr);
    std::exit(2);
  }
  return context;
}

void Update(EVP_MAC_CTX* mac, std::string_view text) {
  EVP_MAC_update(mac, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

// The escmsg_id of the item whose envelope stands before its object.
std::uint64_t EscmsgIdBefore(std::string_view envelope) {
  constexpr std::string_view kKey = "\"escmsg_id\":";
  const std::size_t at = envelope.find(kKey);
  if (at == std::string_view::npos) return 0;
  std::uint64_t id = 0;
  for (std::size_t i = at + kKey.size(); i < envelope.size(); ++i) {
    if (envelope[i] < '0' || envelope[i] > '9') break;
    id = id * 10 + static_cast<std::uint64_t>(envelope[i] - '0');
  }
  return id;
}

}  // namespace

DeliveryCheck::DeliveryCheck(const Options& options, SharedPage& page)
    : options_(options),
      page_(page),
      mac_(MakeMac(options.secret)),
      webhooks_(options.webhooks) {
  options_.types = std::max<std::size_t>(options_.types, 1);
}

DeliveryCheck::~DeliveryCheck() { EVP_MAC_CTX_free(mac_); }

bool DeliveryCheck::Take(const ReceivedRequest& request) {
  if (!Verify(request)) return false;
  ++verified_;
  for (const Item& item : items_) TakeItem(request.webhook, item);
  if (delivery_ids_.insert(Fingerprint(request.id)).second) {
    ++webhooks_[request.webhook].deliveries;
    page_.deliveries.fetch_add(1, std::memory_order_relaxed);
  } else {
    ++repeated_deliveries_;
  }
  return true;
}

bool DeliveryCheck::Look(const ReceivedRequest& request) {
  if (!Verify(request)) return false;
  ++verified_;
  ++looked_at_;
  return true;
}

bool DeliveryCheck::Verify(const ReceivedRequest& request) {
  if (!SignatureHolds(request)) return ++faults_.signature, false;
  if (!TimestampHolds(request)) return ++faults_.timestamp, false;
  return ReadItems(request);
}

// The header may hold several signatures, divided by blanks; one that fits is enough.
bool DeliveryCheck::SignatureHolds(const ReceivedRequest& request) {
  EVP_MAC_init(mac_, nullptr, 0, nullptr);
  Update(mac_, request.id);
  Update(mac_, ".");
  Update(mac_, request.timestamp);
  Update(mac_, ".");
  Update(mac_, request.body);
  unsigned char code[EVP_MAX_MD_SIZE];
  std::size_t size = 0;
  if (EVP_MAC_final(mac_, code, &size, sizeof code) != 1) return false;
  unsigned char base64[64];
  const int length = EVP_EncodeBlock(base64, code, static_cast<int>(size));
  const std::string_view wanted(reinterpret_cast<char*>(base64),
                                static_cast<std::size_t>(length));
  std::string_view rest = request.signature;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    if (one.size() == wanted.size() + 3 && one.starts_with("v1,") &&
        CRYPTO_memcmp(one.data() + 3, wanted.data(), wanted.size()) == 0) {
      return true;
    }
  }
  return false;
}

bool DeliveryCheck::TimestampHolds(const ReceivedRequest& request) {
  std::int64_t at = 0;
  if (!absl::SimpleAtoi(
          absl::string_view(request.timestamp.data(), request.timestamp.size()), &at)) {
    return false;
  }
  return std::abs(time(nullptr) - at) <= kTimestampTolerance;
}

bool DeliveryCheck::ReadItems(const ReceivedRequest& request) {
  const std::string_view body = request.body;
  const bool is_array = options_.max_items > 0;
  if (body.size() < 2 || body.front() != (is_array ? '[' : '{') ||
      body.back() != (is_array ? ']' : '}')) {
    return ++faults_.shape, false;
  }
  items_.clear();
  std::size_t from = 0;
  while (const auto found = FindObject(body, from)) {
    const std::uint64_t id = EscmsgIdBefore(body.substr(from, found->begin - from));
    if (!found->intact || id == 0) return ++faults_.body, false;
    if (!items_.empty() && items_.back().escmsg_id >= id) return ++faults_.order, false;
    if (found->sequence % options_.types != request.webhook % options_.types)
      return ++faults_.stray, false;
    items_.push_back({found->sequence, id, found->sent});
    from = found->end;
  }
  if (items_.empty()) return ++faults_.body, false;
  if (items_.size() > std::max<std::size_t>(options_.max_items, 1))
    return ++faults_.too_many, false;
  return true;
}

void DeliveryCheck::TakeItem(std::size_t webhook, const Item& item) {
  WebhookCounts* const counts = &webhooks_[webhook];
  const std::uint64_t at = item.sequence / options_.types;
  if (counts->seen.size() <= at) counts->seen.resize(at * 3 / 2 + 1'024);
  if (counts->seen[at]) {
    ++repeated_items_;
    return;
  }
  counts->seen[at] = true;
  ++counts->items;
  counts->item_sum += Mix(item.sequence, item.escmsg_id);
  page_.items.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t from = page_.measure_from.load(std::memory_order_relaxed);
  const std::uint64_t until = page_.measure_until.load(std::memory_order_relaxed);
  if (from != 0 && item.sent >= from && (until == 0 || item.sent < until) &&
      webhook >= options_.timed_from) {
    latency_.Add(NowNanos() - item.sent);
  }
}

std::string DeliveryCheck::LatenciesToJson() const {
  return fmt::format(
      R"({{"count":{},"p50_ms":{:.3f},"p95_ms":{:.3f},"p99_ms":{:.3f},"max_ms":{:.3f}}})",
      latency_.count(), latency_.Milliseconds(0.5), latency_.Milliseconds(0.95),
      latency_.Milliseconds(0.99), latency_.Milliseconds(1));
}

std::string DeliveryCheck::TakeLatencies() {
  std::string json = LatenciesToJson();
  latency_ = LatencyHistogram();
  return json;
}

std::string DeliveryCheck::ToJson() const {
  std::string webhooks;
  for (const WebhookCounts& counts : webhooks_) {
    webhooks += fmt::format(R"({}{{"items":{},"item_sum":"{:016x}","deliveries":{}}})",
                            webhooks.empty() ? "" : ",", counts.items, counts.item_sum,
                            counts.deliveries);
  }
  return fmt::format(
      R"({{"requests":{},"verified":{},"looked_at":{},"deliveries":{},)"
      R"("repeated_deliveries":{},"repeated_items":{},"faults":{{"signature":{},)"
      R"("timestamp":{},"body":{},"shape":{},"order":{},"protocol":{},"too_many":{},)"
      R"("stray":{}}},"latency":{},"webhooks":[{}]}})",
      requests_, verified_, looked_at_, delivery_ids_.size(), repeated_deliveries_,
      repeated_items_, faults_.signature, faults_.timestamp, faults_.body, faults_.shape,
      faults_.order, faults_.protocol, faults_.too_many, faults_.stray, LatenciesToJson(),
      webhooks);
}

}  // namespace windrow::bench
