// base/testing/manual_clock.h -- a clock that moves only when the test says so.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace sluice::testing {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint now) : now_ms_(ToUnixMillis(now)) {}
  TimePoint Now() const override { return FromUnixMillis(now_ms_.load()); }
  void Advance(Millis by) { now_ms_ += by.count(); }

 private:
  std::atomic<int64_t> now_ms_;
};

}  // namespace sluice::testing
