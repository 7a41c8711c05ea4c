// The header of a response, line by line as it comes: of any bytes, and of any length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace windrow::http {

// Takes interim responses (1xx) and the final one. Not thread-safe.
class ResponseHead {
 public:
  // Where a header has more lines than any real one, its bytes alone are no measure of
  // what it costs.
  static constexpr std::size_t kMaxLines = 1000;

  enum class Step : std::uint8_t {
    kMore,
    kComplete,  // this line, an empty one, ends the final response's header
    kTooLarge,  // over kMaxLines or the bytes allowed, interim responses included
  };

  // For the next response; `max_bytes` of all lines together.
  void Begin(std::size_t max_bytes);
  // One line, with its end where it has one. What follows the header, a chunked body's
  // trailer, changes nothing.
  Step Add(std::string_view line);

  bool complete() const { return complete_; }
  // 0 before the status line, and where that has no number of three digits.
  int status() const { return status_; }
  // Of the final response: "name: value\r\n" lines.
  const std::string& headers() const { return headers_; }
  // The first Retry-After's value, without white space around it.
  const std::optional<std::string>& retry_after() const { return retry_after_; }
  std::string TakeHeaders() { return std::move(headers_); }

 private:
  Step End();

  std::size_t max_bytes_ = 0;
  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
  bool status_line_seen_ = false;
  bool complete_ = false;
  int status_ = 0;
  std::string headers_;
  std::optional<std::string> retry_after_;
};

}  // namespace windrow::http
