// net/worker_pool.h -- the threads that may wait for storage.
//
// Threads are started when there is work and no idle thread, up to a limit. Work that begins an
// answer may be refused; work that continues one never is, and bounds itself: each connection has
// at most one piece here.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::net {

class WorkerPool {
 public:
  using Job = std::move_only_function<void()>;

  // `queue_limit`: how many jobs may wait for a thread before Submit refuses.
  WorkerPool(unsigned max_threads, size_t queue_limit);
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False: the queue is full, or Stop was called; `job` is gone.
  [[nodiscard]] bool Submit(Job job);
  // For the next turn of what Submit took. False only after Stop.
  [[nodiscard]] bool Continue(Job job);

  // Waits for the jobs that run, drops those that wait, joins the threads. Safe to call twice.
  void Stop();

 private:
  // A thread waits on its own when it is idle. The one that went idle last is woken first: its
  // stack and its caches are still warm, and the others may sleep on.
  struct Worker {
    std::thread thread{};
    std::condition_variable wake{};
    bool woken = false;
  };

  bool Add(Job job, bool bounded);
  bool StartThread();
  Worker* NextToWake();
  void Work(Worker& self);

  const unsigned max_threads_;
  const size_t queue_limit_;
  std::mutex mutex_;
  std::deque<Job> queue_;
  std::deque<Worker> workers_;  // those that were started; they stay where they are
  std::vector<Worker*> idle_;
  bool waking_ = false;  // one was woken and is on its way to the queue
  bool stopping_ = false;
};

}  // namespace sluice::net
