// delta/background_work.h -- work that nobody waits for.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace sluice::delta {

class BackgroundWork {
 public:
  // Asked by a task now and then. False: the task is to end.
  using GoOn = std::function<bool()>;
  using Task = std::function<void(const GoOn&)>;

  virtual ~BackgroundWork() = default;
  // Runs `task` later, or at once: called with no lock held. False: too much waits already, and the
  // task is dropped.
  virtual bool Start(Task task) = 0;
};

// One thread, made for the first task, runs one task after the other. The destructor drops what
// waits, tells the task that runs to end, and returns when it has. Thread-safe.
class BackgroundThread final : public BackgroundWork {
 public:
  explicit BackgroundThread(size_t max_waiting) : max_waiting_(max_waiting) {}
  bool Start(Task task) override;

 private:
  void Run(const std::stop_token& stop);

  const size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Task> waiting_;
  std::jthread thread_;  // the last member: it ends before the others do
};

}  // namespace sluice::delta
