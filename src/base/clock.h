// base/clock.h -- time as a dependency, so that tests drive it.
#pragma once

#include <chrono>

namespace sluice {

// Wall-clock times of the project are milliseconds since the Unix epoch, the unit of the Delta log
// and of the sharing protocol.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
using Millis = std::chrono::milliseconds;

inline TimePoint FromUnixMillis(int64_t ms) { return TimePoint(Millis(ms)); }
inline int64_t ToUnixMillis(TimePoint t) { return t.time_since_epoch().count(); }

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;
};

// The machine's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  TimePoint Now() const override;
};

}  // namespace sluice
