// delta/testing/manual_work.h -- work in the background that runs when a test says so.
#pragma once

#include <deque>
#include <utility>

#include "delta/background_work.h"

namespace sluice::delta::testing {

// One thread at a time.
class ManualWork final : public BackgroundWork {
 public:
  bool Start(Task task) override {
    if (tasks_.size() >= most) return false;
    tasks_.push_back(std::move(task));
    return true;
  }
  size_t waiting() const { return tasks_.size(); }
  // Runs all that waits. `go_on` is called wherever a task asks.
  void Run(const GoOn& go_on = [] { return true; }) {
    while (!tasks_.empty()) {
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      task(go_on);
    }
  }

  size_t most = 64;

 private:
  std::deque<Task> tasks_;
};

}  // namespace sluice::delta::testing
