// From libcurl's verdict, and what was seen on the way, to the kind of failure.
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "common/http/sender.h"

namespace windrow::http {

struct TransferFacts {
  CURLcode code = CURLE_OK;
  bool header_begun = false;      // at least one byte of a response
  bool header_late = false;       // complete, but after the timeout
  bool header_too_large = false;  // over our own limits
  int sockets_opened = 0;         // on addresses that the rules allow
  int socket_error = 0;           // errno of a socket() that failed
  int connect_error = 0;          // errno of the last connect that failed
  std::string_view refused;       // why addresses were refused; empty: none was
  std::string_view error_text;    // libcurl's
};

struct Failure {
  ErrorKind kind;
  std::string detail;
};

// For transfers that did not get a complete response header in time. Pure.
Failure Classify(const TransferFacts& facts);

}  // namespace windrow::http
