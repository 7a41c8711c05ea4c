// Any rate, asked at any times for any numbers: no span of time sees more than the rate's
// worth and a bucketful, and one that always asks gets its rate.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "common/domain/rate.h"

namespace windrow::domain {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

struct Let {
  absl::Time at;
  int requests;
};

RC_GTEST_PROP(RatePropertyTest, NoSpanOfTimeSeesMoreThanItsWorthAndABucketful, ()) {
  const double rate = *rc::gen::inRange(1, 10'000'000) / 1'000.0;
  const RateLimit limit{.requests_per_second = rate};
  std::vector<Let> let;
  RateState state;
  absl::Time now = kStart;
  for (int i = *rc::gen::inRange(1, 60); i > 0; --i) {
    now += absl::Microseconds(*rc::gen::inRange(0, 2'000'000));
    const int most = Admit(limit, state, now, *rc::gen::inRange(1, 2'000)).most;
    const int started = most > 0 ? *rc::gen::inRange(0, most + 1) : 0;
    state.empty_at = Charge(limit, state.empty_at, now, started);
    let.push_back({now, started});
  }
  for (std::size_t first = 0; first < let.size(); ++first) {
    double sum = 0;
    for (std::size_t last = first; last < let.size(); ++last) {
      sum += let[last].requests;
      const double span = absl::ToDoubleSeconds(let[last].at - let[first].at);
      RC_ASSERT(sum <= rate * span + std::max(1.0, rate / 10) + 0.01);
    }
  }
}

RC_GTEST_PROP(RatePropertyTest, OneThatAsksWhenItIsToldToGetsItsRate, ()) {
  const double rate =
      *rc::gen::inRange(1'000, 10'000'000) / 1'000.0;  // at least 1 a second
  const RateLimit limit{.requests_per_second = rate};
  RateState state;
  absl::Time now = kStart;
  double sum = 0;
  int asked = 0;
  while (now < kStart + absl::Seconds(10)) {
    const int most = Admit(limit, state, now, 10'000).most;
    state.empty_at = Charge(limit, state.empty_at, now, most);
    sum += most;
    ++asked;
    now += Admit(limit, state, now, 1).again_after;
  }
  RC_ASSERT(sum >= rate * 10 - std::max(1.0, rate / 10));
  RC_ASSERT(asked <= std::max(230.0, sum + 10));  // twenty a second, or one a request
}

}  // namespace
}  // namespace windrow::domain
