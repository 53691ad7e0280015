// server/demo_clock.h -- the time of the demo's week: it stands still until it is set.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace sluice::server {

// Thread-safe.
class DemoClock final : public Clock {
 public:
  explicit DemoClock(TimePoint now) : now_ms_(ToUnixMillis(now)) {}
  TimePoint Now() const override { return FromUnixMillis(now_ms_.load()); }
  void Set(TimePoint now) { now_ms_ = ToUnixMillis(now); }

 private:
  std::atomic<int64_t> now_ms_;
};

}  // namespace sluice::server
