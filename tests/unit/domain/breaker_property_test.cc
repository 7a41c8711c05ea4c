// What every breaker keeps, whatever its endpoint and its clock do.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/domain/breaker.h"

namespace windrow::domain {
namespace {

BreakerPolicy AnyPolicy() {
  BreakerPolicy policy;
  policy.failures = *rc::gen::inRange(1, 12);
  policy.failures_of_32 = *rc::gen::inRange(1, 33);
  policy.failures_recovering = *rc::gen::inRange(1, 6);
  policy.concurrency = *rc::gen::inRange(1, 200);
  policy.first_open = absl::Milliseconds(*rc::gen::inRange(1, 5'000));
  policy.longest_open = policy.first_open * *rc::gen::inRange(1, 40);
  policy.jitter = *rc::gen::inRange(0, 101) / 100.0;
  return policy;
}

EndpointReport AnyReport() {
  EndpointReport report;
  report.sign = *rc::gen::element(EndpointSign::kWell, EndpointSign::kFailing,
                                  EndpointSign::kFailing, EndpointSign::kNothing);
  if (*rc::gen::inRange(0, 8) == 0) {
    report.retry_after = absl::Seconds(*rc::gen::inRange(0, 100'000));
  }
  return report;
}

// One webhook that always has something to send: it starts whatever is allowed.
struct World {
  const BreakerPolicy policy = AnyPolicy();
  Breaker breaker;
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  std::vector<Breaker::Ticket> running;

  void StartOne() {
    const int allowed = breaker.Allowed(policy, now);
    RC_ASSERT(allowed >= 0 && allowed <= policy.concurrency);
    if (static_cast<int>(running.size()) >= allowed) return;
    running.push_back(breaker.Start());
    RC_ASSERT(breaker.state() != BreakerState::kOpen);
    if (breaker.state() == BreakerState::kHalfOpen) RC_ASSERT(running.size() == 1U);
  }
  void EndOne(const EndpointReport& report) {
    if (running.empty()) return;
    const std::size_t which = *rc::gen::inRange<std::size_t>(0, running.size());
    const Breaker::Ticket ticket = running[which];
    running.erase(running.begin() + static_cast<std::ptrdiff_t>(which));
    const bool was_open = breaker.state() == BreakerState::kOpen;
    breaker.End(ticket, report, policy, now, *rc::gen::inRange(0, 1'000) / 1'000.0);
    if (was_open || breaker.state() != BreakerState::kOpen) return;
    const absl::Duration longest = std::max(policy.longest_open, policy.retry_after_cap);
    RC_ASSERT(breaker.open_until() - now <= longest);
  }
  void StepSomehow(bool back) {
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        now += absl::Milliseconds(*rc::gen::inRange(back ? -100'000 : 0, 40'000));
        break;
      case 1:
      case 2:
      case 3:
        EndOne(AnyReport());
        break;
      default:
        StartOne();
    }
  }
};

RC_GTEST_PROP(BreakerProperty, NeverMoreThanAllowedAndOneWhileHalfOpen, ()) {
  World world;
  for (int steps = *rc::gen::inRange(0, 300); steps > 0; --steps) {
    world.StepSomehow(/*back=*/true);
  }
}

RC_GTEST_PROP(BreakerProperty, AsksAgainWithinItsTimeWhateverTheClockDid, ()) {
  World world;
  for (int steps = *rc::gen::inRange(0, 300); steps > 0; --steps) {
    world.StepSomehow(/*back=*/true);
  }
  while (!world.running.empty()) world.EndOne({EndpointSign::kFailing});
  world.breaker.Allowed(world.policy, world.now);
  world.now += std::max(world.policy.longest_open, world.policy.retry_after_cap);
  RC_ASSERT(world.breaker.Allowed(world.policy, world.now) >= 1);
}

RC_GTEST_PROP(BreakerProperty, DoublesNoMoreThanOnceInItsTimeUntilAllIsAllowed, ()) {
  World world;
  for (int i = 0; i < 32; ++i) {
    world.StartOne();
    world.EndOne({EndpointSign::kFailing});
  }
  RC_ASSERT(world.breaker.state() == BreakerState::kOpen);
  world.now = world.breaker.open_until();
  int before = world.breaker.Allowed(world.policy, world.now);
  absl::Time doubled_at = absl::InfinitePast();
  for (int answers = 0; world.breaker.state() != BreakerState::kClosed; ++answers) {
    RC_ASSERT(answers < 10'000);
    world.StartOne();
    world.EndOne({EndpointSign::kWell});
    const int allowed = world.breaker.Allowed(world.policy, world.now);
    RC_ASSERT(allowed <= 2 * before && allowed >= before);
    if (allowed > before) {
      RC_ASSERT(world.now - doubled_at >= world.policy.double_every);
      doubled_at = world.now;
    }
    before = allowed;
    world.now += absl::Milliseconds(*rc::gen::inRange(0, 400));
  }
  RC_ASSERT(world.breaker.Allowed(world.policy, world.now) == world.policy.concurrency);
}

RC_GTEST_PROP(BreakerProperty, AWellEndpointIsNeverHeldUp, ()) {
  World world;
  for (int steps = *rc::gen::inRange(0, 300); steps > 0; --steps) {
    world.StartOne();
    if (*rc::gen::arbitrary<bool>()) world.EndOne({EndpointSign::kWell});
    world.now += absl::Milliseconds(*rc::gen::inRange(-1'000, 1'000));
    RC_ASSERT(world.breaker.state() == BreakerState::kClosed);
  }
}

}  // namespace
}  // namespace windrow::domain
