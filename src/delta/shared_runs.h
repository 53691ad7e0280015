// delta/shared_runs.h -- one piece of work at a time, its result shared by all who wait for it.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>

#include "base/result.h"

namespace sluice::delta {

// A caller gets the result of a run that began after the caller arrived: nothing that happened
// before is missed. While a run is under way, those who arrive wait for it to end, and then share
// the next one. Thread-safe.
template <class T>
class SharedRuns {
 public:
  // Runs `run` on this thread, or waits for another caller's. Errors: those of the run;
  //   kUnavailable  `max_waiters` callers wait already, and a run took longer than a second
  Result<T> Run(size_t max_waiters, const std::function<Result<T>()>& run) {
    std::unique_lock lock(mutex_);
    if (!running_) return RunHere(lock, run);
    // A burst on a store in good health passes; one that hangs holds no more than that many
    // threads.
    const bool patient = waiters_ < max_waiters;
    const auto until = std::chrono::steady_clock::now() + kPatience;
    const uint64_t mine = begun_ + 1;
    ++waiters_;
    while (ended_ < mine) {
      if (running_ && patient) {
        EndOf(mine).wait(lock);
        continue;
      }
      if (running_) {
        if (EndOf(mine).wait_until(lock, until) == std::cv_status::no_timeout) continue;
        if (ended_ >= mine || !running_) continue;
        --waiters_;
        return Fail(Code::kUnavailable, "too many requests wait for the table, try again");
      }
      --waiters_;
      return RunHere(lock, run);
    }
    --waiters_;
    return *last_;
  }

 private:
  static constexpr std::chrono::seconds kPatience{1};

  // Who waits does so for the run under way or for the next one.
  std::condition_variable& EndOf(uint64_t run) { return ends_[run % 2]; }

  Result<T> RunHere(std::unique_lock<std::mutex>& lock, const std::function<Result<T>()>& run) {
    running_ = true;
    const uint64_t number = ++begun_;
    lock.unlock();
    Result<T> result = run();
    lock.lock();
    running_ = false;
    ended_ = number;
    // Kept only for those who wait.
    if (waiters_ > 0) {
      last_ = result;
    } else {
      last_.reset();
    }
    lock.unlock();
    EndOf(number).notify_all();
    // One of those who wait for the next run begins it.
    EndOf(number + 1).notify_one();
    return result;
  }

  std::mutex mutex_;
  std::array<std::condition_variable, 2> ends_;
  bool running_ = false;
  size_t waiters_ = 0;
  uint64_t begun_ = 0;
  uint64_t ended_ = 0;
  std::optional<Result<T>> last_;
};

}  // namespace sluice::delta
