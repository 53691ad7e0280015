#include "storage/bulkhead.h"

#include <algorithm>
#include <utility>

namespace sluice::storage {

Bulkhead::Place::Place(Place&& other) noexcept
    : bulkhead_(std::exchange(other.bulkhead_, nullptr)) {}

Bulkhead::Place::~Place() {
  if (bulkhead_ != nullptr) bulkhead_->Leave();
}

Bulkhead::Bulkhead(size_t places, size_t max_waiters, OnChange on_change)
    : places_(std::max<size_t>(places, 1)),
      max_waiters_(max_waiters),
      on_change_(std::move(on_change)) {}

std::optional<Bulkhead::Place> Bulkhead::Enter(Millis patience) {
  std::unique_lock lock(mutex_);
  if (inside_ < places_) {
    on_change_(++inside_);
    return Place(this);
  }
  if (patience.count() <= 0 || waiters_.size() >= max_waiters_) return std::nullopt;
  std::list<Waiter> mine(1);
  const auto self = mine.begin();
  waiters_.splice(waiters_.end(), mine);
  const bool admitted = self->wake.wait_for(lock, patience, [&] { return self->has_place; });
  mine.splice(mine.end(), admitted ? admitted_ : waiters_, self);
  if (!admitted) return std::nullopt;
  return Place(this);
}

size_t Bulkhead::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

// The place goes straight to the one who has waited longest: nobody else can take it meanwhile.
void Bulkhead::Leave() {
  const std::lock_guard lock(mutex_);
  if (waiters_.empty()) {
    on_change_(--inside_);
    return;
  }
  admitted_.splice(admitted_.end(), waiters_, waiters_.begin());
  admitted_.back().has_place = true;
  admitted_.back().wake.notify_one();
}

}  // namespace sluice::storage
