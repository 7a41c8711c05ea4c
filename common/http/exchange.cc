#include "common/http/exchange.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "common/http/error_kind.h"
#include "common/http/header_text.h"
#include "common/http/origin.h"

namespace windrow::http {
namespace {

constexpr long kIdleConnectionSeconds = 90;
constexpr long kConnectionLifeSeconds = 600;  // lets changed DNS answers take effect
// A response is read in steps of this, the least that libcurl takes: 10,000 requests in
// flight hold one each, and what endpoints answer is mostly shorter.
constexpr long kReadBuffer = 1024;
// What a body over 64 KiB is copied through, likewise the least: libcurl keeps it.
constexpr long kUploadBuffer = 16 * 1024;

// What names mean libcurl is told, and untold. Whatever else it keeps it would look
// through at the end of each request, all hosts of it.
constexpr long kKeepAddresses = -1;
constexpr long kKeptAddressSeconds = 60;

// libcurl adds these by itself where no line of ours takes them out.
char kNoExpect[] = "Expect:";
char kNoContentType[] = "Content-Type:";

template <typename T>
void Set(CURL* easy, CURLoption option, T value) {
  // Fails only for an option that this libcurl lacks, or without memory: going on would
  // send what was not asked for.
  if (curl_easy_setopt(easy, option, value) != CURLE_OK) std::abort();
}

std::string BasicAuth(const Request& request) {
  const std::string pair = request.user + ":" + request.password;
  std::string base64((pair.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                  reinterpret_cast<const unsigned char*>(pair.data()),
                  static_cast<int>(pair.size()));
  return "Authorization: Basic " + base64;
}

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

}  // namespace

Exchange::Exchange(ExchangeContext* context)
    : context_(context), easy_(curl_easy_init()), link_(1, this), place_(link_.begin()) {
  if (!easy_) std::abort();
  SetConstantOptions();
}

void Exchange::SetConstantOptions() {
  CURL* easy = easy_.get();
  const SenderOptions& options = context_->options;
  Set(easy, CURLOPT_PRIVATE, this);
  Set(easy, CURLOPT_ERRORBUFFER, error_text_);
  Set(easy, CURLOPT_NOSIGNAL, 1L);
  Set(easy, CURLOPT_PROXY, "");  // also turns off the environment's
  Set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  Set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  Set(easy, CURLOPT_BUFFERSIZE, kReadBuffer);
  Set(easy, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBuffer);
  Set(easy, CURLOPT_TCP_NODELAY, 1L);
  Set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  Set(easy, CURLOPT_MAXAGE_CONN, kIdleConnectionSeconds);
  Set(easy, CURLOPT_MAXLIFETIME_CONN, kConnectionLifeSeconds);
  Set(easy, CURLOPT_DNS_CACHE_TIMEOUT, kKeepAddresses);
  Set(easy, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options.connect_timeout)));

  Set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  Set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  // The roots come from TlsCallback.
  Set<char*>(easy, CURLOPT_CAINFO, nullptr);
  Set<char*>(easy, CURLOPT_CAPATH, nullptr);
  Set(easy, CURLOPT_SSL_CTX_FUNCTION, &Exchange::TlsCallback);
  Set(easy, CURLOPT_SSL_CTX_DATA, this);

  Set(easy, CURLOPT_HEADERFUNCTION, &Exchange::HeaderCallback);
  Set(easy, CURLOPT_HEADERDATA, this);
  Set(easy, CURLOPT_WRITEFUNCTION, &Exchange::BodyCallback);
  Set(easy, CURLOPT_WRITEDATA, this);
  Set(easy, CURLOPT_OPENSOCKETFUNCTION, &Exchange::OpenSocketCallback);
  Set(easy, CURLOPT_OPENSOCKETDATA, this);
  // A connection outlives the handle that opened it, so this one gets the poller.
  Set(easy, CURLOPT_CLOSESOCKETFUNCTION, &Exchange::CloseSocketCallback);
  Set(easy, CURLOPT_CLOSESOCKETDATA, &context_->poller);
  Set(easy, CURLOPT_PREREQFUNCTION, &Exchange::BeforeSendCallback);
  Set(easy, CURLOPT_PREREQDATA, this);
}

void Exchange::Prepare(PendingRequest pending, Origin* origin, SteadyTime now,
                       std::vector<std::string> resolve, bool forgets) {
  pending_ = std::move(pending);
  origin_ = origin;
  response_ = {};
  response_.started_at = pending_.started_at;
  response_.name_lookup = pending_.name_lookup;
  head_.Begin(context_->options.max_header_bytes);
  header_complete_ = header_late_ = too_large_ = body_cut_ = false;
  sends_ = sockets_opened_ = socket_error_ = 0;
  opened_since_send_ = resend_wanted_ = false;
  refused_.clear();
  error_text_[0] = '\0';

  CURL* easy = easy_.get();
  Set(easy, CURLOPT_URL, pending_.request.url.c_str());
  SetMethod(pending_.request.method);
  BuildHeaders();
  SetTimeout(now);
  SetClientCertificate();
  if (fresh_connection_) {
    Set(easy, CURLOPT_FRESH_CONNECT, 0L);
    fresh_connection_ = false;
  }
  if (forgets != std::exchange(forgets_, forgets)) {
    Set(easy, CURLOPT_DNS_CACHE_TIMEOUT, forgets ? kKeptAddressSeconds : kKeepAddresses);
  }
  resolve_.reset();
  for (const std::string& entry : resolve) {
    curl_slist* longer = curl_slist_append(resolve_.get(), entry.c_str());
    if (longer == nullptr) std::abort();
    static_cast<void>(resolve_.release());
    resolve_.reset(longer);
  }
  if (resolve_) Set(easy, CURLOPT_RESOLVE, resolve_.get());
}

void Exchange::SetMethod(const std::string& method) {
  CURL* easy = easy_.get();
  if (method == "GET") {
    if (method_ == method) return;
    Set<char*>(easy, CURLOPT_POSTFIELDS, nullptr);
    Set(easy, CURLOPT_HTTPGET, 1L);
  } else {
    const std::string_view body =
        pending_.request.body ? *pending_.request.body : std::string_view("");
    // The size first: libcurl would measure the body as text.
    Set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    Set(easy, CURLOPT_POSTFIELDS, body.data());
  }
  if (method_ == method) return;
  const bool natural = method == "GET" || method == "POST";
  Set(easy, CURLOPT_CUSTOMREQUEST, natural ? nullptr : method.c_str());
  method_ = method;
}

void Exchange::BuildHeaders() {
  std::vector<std::string>& lines = pending_.request.headers;
  header_nodes_.resize(lines.size() + 3);
  std::size_t count = 0;
  bool has_content_type = pending_.request.method == "GET";
  for (std::string& line : lines) {
    if (StartsWithIgnoringCase(line, "content-type:")) has_content_type = true;
    // libcurl takes "name:" for a wish to remove, and "name;" for an empty value.
    const std::size_t last = line.find_last_not_of(" \t");
    if (last != std::string::npos && line[last] == ':') {
      line.resize(last);
      line += ';';
    }
    LinkHeader(count++, line.data());
  }
  if (pending_.request.has_auth) {
    auth_header_ = BasicAuth(pending_.request);
    LinkHeader(count++, auth_header_.data());
  }
  if (!has_content_type) LinkHeader(count++, kNoContentType);
  LinkHeader(count++, kNoExpect);
  Set(easy_.get(), CURLOPT_HTTPHEADER, header_nodes_.data());
}

void Exchange::LinkHeader(std::size_t index, char* line) {
  header_nodes_[index] = {line, nullptr};
  if (index > 0) header_nodes_[index - 1].next = &header_nodes_[index];
}

void Exchange::SetTimeout(SteadyTime now) {
  const absl::Duration left =
      pending_.request.timeout - absl::FromChrono(now - pending_.started);
  // Rounded up: never early, and the same number for most requests of a webhook.
  const absl::Duration whole = absl::Ceil(left, absl::Milliseconds(1));
  const long ms = std::max(1L, static_cast<long>(absl::ToInt64Milliseconds(whole)));
  if (ms != timeout_ms_) Set(easy_.get(), CURLOPT_TIMEOUT_MS, ms);
  timeout_ms_ = ms;
  curl_started_ = now;
}

// As blobs and not in TlsCallback: libcurl must know which connections and TLS sessions
// are whose.
void Exchange::SetClientCertificate() {
  const auto& wanted = pending_.request.client_certificate;
  if (wanted == client_certificate_) return;
  const auto set = [&](CURLoption option, std::string ClientCertificate::*field) {
    if (wanted == nullptr) return Set<curl_blob*>(easy_.get(), option, nullptr);
    std::string pem = *wanted.*field;
    curl_blob blob{.data = pem.data(), .len = pem.size(), .flags = CURL_BLOB_COPY};
    Set(easy_.get(), option, &blob);
  };
  set(CURLOPT_SSLCERT_BLOB, &ClientCertificate::chain);
  set(CURLOPT_SSLKEY_BLOB, &ClientCertificate::key);
  client_certificate_ = wanted;
}

bool Exchange::TakeResend(CURLcode code, SteadyTime now) {
  if (!resend_wanted_ || code != CURLE_ABORTED_BY_CALLBACK) return false;
  resend_wanted_ = false;
  sends_ = 0;
  error_text_[0] = '\0';
  Set(easy_.get(), CURLOPT_FRESH_CONNECT, 1L);
  fresh_connection_ = true;
  SetTimeout(now);
  return true;
}

Response Exchange::Finish(CURLcode code, SteadyTime now) {
  Unlink();
  ReadTimings(now, &response_);
  ReadRemoteAddress(&response_);
  if (header_complete_) {
    if (code != CURLE_OK && !body_cut_) response_.error_detail = OneLine(error_text_);
  } else {
    long connect_error = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &connect_error);
    Failure failure =
        Classify({.code = code,
                  .header_begun = response_.first_byte > absl::ZeroDuration(),
                  .header_late = header_late_,
                  .header_too_large = too_large_,
                  .sockets_opened = sockets_opened_,
                  .socket_error = socket_error_,
                  .connect_error = static_cast<int>(connect_error),
                  .refused = refused_,
                  .error_text = error_text_});
    Fail(failure.kind, std::move(failure.detail));
  }
  pending_.request = {};
  return std::move(response_);
}

Response Exchange::Abandon(SteadyTime now) {
  Unlink();
  response_.total = absl::FromChrono(now - pending_.started);
  Fail(ErrorKind::kInternal, "shutting down");
  pending_.request = {};
  return std::move(response_);
}

void Exchange::Fail(ErrorKind kind, std::string detail) {
  response_.error = kind;
  response_.error_detail = OneLine(std::move(detail));
  // Half a header is none: nobody may take its status for an answer.
  response_.status = 0;
  response_.headers.clear();
  response_.retry_after.reset();
}

void Exchange::ReadTimings(SteadyTime now, Response* response) const {
  CURL* easy = easy_.get();
  const absl::Duration before = absl::FromChrono(curl_started_ - pending_.started);
  const auto since_start = [&](CURLINFO info) {
    curl_off_t micros = 0;
    curl_easy_getinfo(easy, info, &micros);
    return micros > 0 ? before + absl::Microseconds(micros) : absl::ZeroDuration();
  };
  long connections = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
  if (connections > 0) {
    response->connect = since_start(CURLINFO_CONNECT_TIME_T);
    response->tls = since_start(CURLINFO_APPCONNECT_TIME_T);
  }
  response->first_byte = since_start(CURLINFO_STARTTRANSFER_TIME_T);
  response->total = absl::FromChrono(now - pending_.started);
}

void Exchange::ReadRemoteAddress(Response* response) const {
  const char* ip = nullptr;
  long port = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_IP, &ip);
  curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_PORT, &port);
  if (ip == nullptr || *ip == '\0') return;
  const std::string_view text = ip;
  const bool v6 = text.find(':') != std::string_view::npos;
  std::string& out = response->remote_address;
  if (v6) out += '[';
  out += text;
  out += v6 ? "]:" : ":";
  const fmt::format_int digits(port);
  out.append(digits.data(), digits.size());
}

}  // namespace windrow::http
