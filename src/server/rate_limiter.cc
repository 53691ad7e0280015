#include "server/rate_limiter.h"

#include <algorithm>

namespace sluice::server {

Millis RateLimiter::Take(std::string_view caller, RateLimit limit) {
  if (limit.per_second == 0) return Millis(0);
  const Nanos now = clock_.Now().time_since_epoch();
  const Nanos token(1'000'000'000 / static_cast<int64_t>(limit.per_second));
  const Nanos bucket = token * static_cast<int64_t>(limit.burst);
  const std::lock_guard lock(mutex_);
  auto at = full_at_.find(caller);
  // Further ahead than an empty bucket can be: the limit is another one, or the clock was set back.
  const Nanos full_at = at == full_at_.end() ? now : std::clamp(at->second, now, now + bucket);
  const Nanos after = full_at + token;
  if (after > now + bucket) {
    // Kept as it was cut, so that waiting helps whatever the time was before.
    at->second = full_at;
    return std::chrono::ceil<Millis>(after - now - bucket);
  }
  if (at == full_at_.end()) {
    if (full_at_.size() >= sweep_at_) Sweep(now);
    at = full_at_.try_emplace(std::string(caller)).first;
  }
  at->second = after;
  return Millis(0);
}

size_t RateLimiter::size() const {
  const std::lock_guard lock(mutex_);
  return full_at_.size();
}

void RateLimiter::Sweep(Nanos now) {
  std::erase_if(full_at_, [&](const auto& entry) { return entry.second <= now; });
  sweep_at_ = std::max(kSweepAt, 2 * full_at_.size());
}

}  // namespace sluice::server
