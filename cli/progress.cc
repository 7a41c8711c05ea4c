#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace windrow::cli {
namespace {

constexpr int kBarWidth = 20;
constexpr absl::Duration kRedraw = absl::Milliseconds(100);

}  // namespace

std::string ProgressLine(std::int64_t events, std::int64_t bytes,
                         std::int64_t total_bytes, absl::Duration elapsed) {
  const double seconds = absl::ToDoubleSeconds(elapsed);
  const double rate = seconds > 0 ? static_cast<double>(events) / seconds : 0;
  const std::string counts = fmt::format("{} events, {:.0f}/s", events, rate);
  if (total_bytes <= 0) return counts;
  const double share =
      std::clamp(static_cast<double>(bytes) / static_cast<double>(total_bytes), 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  return fmt::format("[{}{}] {:3.0f} %  {}", std::string(filled, '#'),
                     std::string(kBarWidth - filled, '-'), share * 100, counts);
}

Progress::~Progress() { Clear(); }

void Progress::Update(std::int64_t events, std::int64_t bytes, absl::Time now) {
  if (!shown_) return;
  if (started_ == absl::InfinitePast()) started_ = now;
  if (now - drawn_ < kRedraw) return;
  drawn_ = now;
  on_screen_ = true;
  err_ << "\r\x1b[K" << ProgressLine(events, bytes, total_bytes_, now - started_)
       << std::flush;
}

void Progress::Clear() {
  if (on_screen_) err_ << "\r\x1b[K" << std::flush;
  on_screen_ = false;
  drawn_ = absl::InfinitePast();
}

}  // namespace windrow::cli
