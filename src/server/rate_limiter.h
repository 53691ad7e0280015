// server/rate_limiter.h -- how many requests a caller may send.
//
// A bucket of `burst` tokens for each caller, filled with `per_second` tokens a second; a request
// takes one. Kept as one time a caller, when its bucket will be full again (the generic cell rate
// algorithm of ATM Forum TM 4.0, 4.4.2): a bucket whose time is over is full, as that of a stranger
// is, and need not be kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace sluice::server {

struct RateLimit {
  uint64_t per_second = 0;  // 0: no limit; at most a million
  uint64_t burst = 1;       // from 1 to a million
};

// What counts for one caller. Reading a table takes one request and then a file link for each of
// its files, so the two have buckets of their own: neither starves the other.
struct RateLimits {
  RateLimit requests;
  RateLimit files;
};

// Thread-safe. Memory: one entry for each caller whose bucket is not full, and at most as many
// again (no less than kSweepAt) that wait for the next sweep.
class RateLimiter {
 public:
  static constexpr size_t kSweepAt = 1024;

  explicit RateLimiter(const Clock& clock) : clock_(clock) {}

  // Takes a token of `caller`. 0: there was one; else how long to wait for it, and none was taken.
  // The limit may differ from call to call: the next one counts from where the last one ended. A
  // clock that was set back costs a caller no more than an empty bucket.
  Millis Take(std::string_view caller, RateLimit limit);

  // Buckets that are kept.
  size_t size() const;

 private:
  using Nanos = std::chrono::nanoseconds;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void Sweep(Nanos now);

  const Clock& clock_;
  mutable std::mutex mutex_;
  // When the caller's bucket is full again, since the Unix epoch.
  std::unordered_map<std::string, Nanos, Hash, std::equal_to<>> full_at_;
  size_t sweep_at_ = kSweepAt;
};

}  // namespace sluice::server
