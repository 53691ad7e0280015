// storage/circuit_breaker.h -- leaves a store alone that fails again and again.
//
// Closed: every request may go. After so many failures in a row it opens: none may. When the pause
// is over it is half open: one request at a time may try, and its outcome decides. Requests that
// began before the last change of state decide nothing any more. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace sluice::storage {

class CircuitBreaker {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;
  // Told of each opening (true) and closing (false), in their order; must not call the breaker.
  using OnChange = std::function<void(bool open)>;

  // Leave to send one request. Goes without an outcome when neither Succeeded nor Failed is called:
  // the request was never sent, or tells nothing of the store's health.
  class Permit {
   public:
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&&) = delete;
    ~Permit();
    void Succeeded();
    void Failed();

   private:
    friend class CircuitBreaker;
    Permit(CircuitBreaker* breaker, uint64_t era) : breaker_(breaker), era_(era) {}
    CircuitBreaker* breaker_;  // null: has been used
    uint64_t era_;
  };

  // `failures` in a row open it, for `pause`.
  CircuitBreaker(int failures, Millis pause, Now now, OnChange on_change);

  // Nothing: the request must not be sent. The breaker must outlive the permit.
  std::optional<Permit> Admit();
  // Whether Admit would say no, without asking for anything.
  bool Refuses() const;

 private:
  enum class Outcome { kNone, kSuccess, kFailure };
  bool RefusesLocked() const;
  void Settle(uint64_t era, Outcome outcome);
  void Open();

  const int limit_;
  const Millis pause_;
  const Now now_;
  const OnChange on_change_;
  mutable std::mutex mutex_;
  bool open_ = false;  // half open: open, and the pause is over
  bool trying_ = false;
  std::chrono::steady_clock::time_point open_until_;
  int failures_ = 0;  // in a row, while closed
  uint64_t era_ = 0;  // counts changes of state
};

}  // namespace sluice::storage
