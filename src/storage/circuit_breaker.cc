#include "storage/circuit_breaker.h"

#include <algorithm>
#include <utility>

namespace sluice::storage {

CircuitBreaker::Permit::Permit(Permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)), era_(other.era_) {}

CircuitBreaker::Permit::~Permit() {
  if (breaker_ != nullptr) breaker_->Settle(era_, Outcome::kNone);
}

void CircuitBreaker::Permit::Succeeded() {
  if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->Settle(era_, Outcome::kSuccess);
}

void CircuitBreaker::Permit::Failed() {
  if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->Settle(era_, Outcome::kFailure);
}

CircuitBreaker::CircuitBreaker(int failures, Millis pause, Now now, OnChange on_change)
    : limit_(std::max(failures, 1)),
      pause_(pause),
      now_(std::move(now)),
      on_change_(std::move(on_change)) {}

std::optional<CircuitBreaker::Permit> CircuitBreaker::Admit() {
  const std::lock_guard lock(mutex_);
  if (RefusesLocked()) return std::nullopt;
  if (open_) trying_ = true;
  return Permit(this, era_);
}

bool CircuitBreaker::Refuses() const {
  const std::lock_guard lock(mutex_);
  return RefusesLocked();
}

bool CircuitBreaker::RefusesLocked() const { return open_ && (trying_ || now_() < open_until_); }

void CircuitBreaker::Settle(uint64_t era, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  if (era != era_) return;
  if (open_) {  // the one that tries: others of this era were not admitted
    trying_ = false;
    if (outcome == Outcome::kFailure) Open();
    if (outcome == Outcome::kSuccess) {
      open_ = false;
      failures_ = 0;
      ++era_;
      on_change_(false);
    }
    return;
  }
  if (outcome == Outcome::kSuccess) failures_ = 0;
  if (outcome == Outcome::kFailure && ++failures_ >= limit_) Open();
}

void CircuitBreaker::Open() {
  open_until_ = now_() + pause_;
  ++era_;
  if (!std::exchange(open_, true)) on_change_(true);
}

}  // namespace sluice::storage
