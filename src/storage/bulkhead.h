// storage/bulkhead.h -- so many requests to one store at a time, and so many that wait.
//
// Those who wait go in the order in which they came. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace sluice::storage {

class Bulkhead {
 public:
  // Told how many are in, in the order of the changes; must not call the bulkhead.
  using OnChange = std::function<void(size_t inside)>;

  // Held while a request is under way.
  class Place {
   public:
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class Bulkhead;
    explicit Place(Bulkhead* bulkhead) : bulkhead_(bulkhead) {}
    Bulkhead* bulkhead_;  // null: was moved from
  };

  Bulkhead(size_t places, size_t max_waiters, OnChange on_change);

  // Waits for a place, at most so long. Nothing: none came free, or too many wait already. The
  // bulkhead must outlive the place.
  std::optional<Place> Enter(Millis patience);
  size_t waiting() const;

 private:
  struct Waiter {
    std::condition_variable wake;
    bool has_place = false;
  };
  void Leave();

  const size_t places_;
  const size_t max_waiters_;
  const OnChange on_change_;
  mutable std::mutex mutex_;
  size_t inside_ = 0;
  std::list<Waiter> waiters_;
  std::list<Waiter> admitted_;  // have their place, and are about to wake up
};

}  // namespace sluice::storage
