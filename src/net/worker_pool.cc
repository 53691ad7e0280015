#include "net/worker_pool.h"

#include <system_error>
#include <utility>

#include "base/log.h"

namespace sluice::net {

WorkerPool::WorkerPool(unsigned max_threads, size_t queue_limit)
    : max_threads_(max_threads == 0 ? 1 : max_threads), queue_limit_(queue_limit) {}

bool WorkerPool::Submit(Job job) { return Add(std::move(job), true); }

bool WorkerPool::Continue(Job job) { return Add(std::move(job), false); }

bool WorkerPool::Add(Job job, bool bounded) {
  Worker* next = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    // Threads that will look into the queue without being told.
    const size_t free = idle_.size() + (waking_ ? 1 : 0);
    if (queue_.size() >= free && workers_.size() < max_threads_) {
      if (!StartThread()) return false;
    } else if (bounded && queue_.size() >= queue_limit_ + free) {
      return false;
    }
    queue_.push_back(std::move(job));
    next = NextToWake();
  }
  // Without the lock, for which it would only wait.
  if (next != nullptr) next->wake.notify_one();
  return true;
}

// False: there is none at all.
bool WorkerPool::StartThread() {
  Worker& worker = workers_.emplace_back();
  try {
    worker.thread = std::thread([this, &worker] { Work(worker); });
  } catch (const std::system_error& e) {
    workers_.pop_back();
    log::Warn("no more worker threads than {}: {}", workers_.size(), e.what());
  }
  return !workers_.empty();
}

// The thread that is to be notified once the lock is released; null: none.
WorkerPool::Worker* WorkerPool::NextToWake() {
  if (waking_ || queue_.empty() || idle_.empty()) return nullptr;
  Worker* last = idle_.back();
  idle_.pop_back();
  waking_ = last->woken = true;
  return last;
}

void WorkerPool::Work(Worker& self) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.empty()) {
      self.woken = false;
      idle_.push_back(&self);
      self.wake.wait(lock, [&] { return self.woken; });
      waking_ = false;
      continue;
    }
    Job job = std::move(queue_.front());
    queue_.pop_front();
    Worker* next = NextToWake();
    lock.unlock();
    if (next != nullptr) next->wake.notify_one();
    job();
    job = nullptr;  // what it held goes before the lock is taken
    lock.lock();
  }
}

void WorkerPool::Stop() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Worker* idle : std::exchange(idle_, {})) {
      idle->woken = true;
      idle->wake.notify_one();
    }
    dropped.swap(queue_);
  }
  // Nobody starts a thread any more.
  for (Worker& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

}  // namespace sluice::net
