// Counters in a file that publisher, sink and run.py map: progress without a message.
//
// run.py reads and writes it too (tests/bench/shared_page.py): every field is a 64-bit
// little-endian integer at the offset that is asserted here. Times are CLOCK_MONOTONIC in
// nanoseconds, one clock for all processes of a machine.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace windrow::bench {

// Each writer has cache lines of its own.
struct SharedPage {
  // By the publisher.
  std::atomic<std::uint64_t> sent;
  std::atomic<std::uint64_t> acked;
  std::uint64_t unused_1[6];
  // By the sink; what comes twice counts once.
  std::atomic<std::uint64_t> items;
  std::atomic<std::uint64_t> deliveries;
  std::uint64_t unused_2[6];
  // By run.py: events that were sent from then until then make the latencies.
  std::atomic<std::uint64_t> measure_from;
  std::atomic<std::uint64_t> measure_until;
  // Webhooks numbered below this are refused with 404: their receiver is away.
  std::atomic<std::uint64_t> away;
  std::uint64_t unused_3[5];
};
static_assert(sizeof(SharedPage) == 192);
static_assert(offsetof(SharedPage, items) == 64);
static_assert(offsetof(SharedPage, measure_from) == 128);
static_assert(offsetof(SharedPage, away) == 144);

// Maps an existing file of sizeof(SharedPage) bytes. Ends the program where it cannot.
SharedPage& MapSharedPage(const std::string& path);

std::uint64_t NowNanos();

}  // namespace windrow::bench
