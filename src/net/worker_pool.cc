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
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  if (idle_.empty() && threads_.size() < max_threads_) {
    try {
      threads_.emplace_back([this] { Work(); });
    } catch (const std::system_error& e) {
      log::Warn("no more worker threads than {}: {}", threads_.size(), e.what());
      if (threads_.empty()) return false;
    }
  } else if (bounded && idle_.empty() && queue_.size() >= queue_limit_) {
    return false;
  }
  queue_.push_back(std::move(job));
  if (!idle_.empty()) {
    Idle* last = idle_.back();
    idle_.pop_back();
    last->woken = true;
    last->wake.notify_one();
  }
  return true;
}

void WorkerPool::Work() {
  Idle self;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.empty()) {
      self.woken = false;
      idle_.push_back(&self);
      self.wake.wait(lock, [&] { return self.woken; });
      continue;
    }
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it held goes before the lock is taken
    lock.lock();
  }
}

void WorkerPool::Stop() {
  std::vector<std::thread> threads;
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Idle* idle : std::exchange(idle_, {})) {
      idle->woken = true;
      idle->wake.notify_one();
    }
    threads.swap(threads_);
    dropped.swap(queue_);
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace sluice::net
