// A progress bar on standard error, for a person who waits at a terminal.
#pragma once

#include <absl/time/time.h>

#include <cstdint>
#include <iosfwd>
#include <string>

namespace windrow::cli {

// One line, drawn over itself at most ten times a second. Not thread-safe.
class Progress {
 public:
  // Draws nothing unless `shown`. `total_bytes` 0: not known.
  Progress(std::ostream& err, bool shown, std::int64_t total_bytes)
      : err_(err), shown_(shown), total_bytes_(total_bytes) {}
  // Wipes the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(std::int64_t events, std::int64_t bytes, absl::Time now);
  // Wipes the line so that another may be printed; the next update draws it again.
  void Clear();

 private:
  std::ostream& err_;
  const bool shown_;
  const std::int64_t total_bytes_;
  absl::Time started_ = absl::InfinitePast();
  absl::Time drawn_ = absl::InfinitePast();
  bool on_screen_ = false;
};

// "[########------------]  40 %  1234 events, 5678/s".
std::string ProgressLine(std::int64_t events, std::int64_t bytes,
                         std::int64_t total_bytes, absl::Duration elapsed);

}  // namespace windrow::cli
