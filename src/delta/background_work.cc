#include "delta/background_work.h"

#include <new>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace sluice::delta {

bool BackgroundThread::Start(Task task) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= max_waiting_) return false;
  try {
    const auto run = [this](const std::stop_token& stop) { Run(stop); };
    if (!thread_.joinable()) thread_ = std::jthread(run);
  } catch (const std::system_error&) {
    return false;  // no threads left
  }
  waiting_.push_back(std::move(task));
  changed_.notify_one();
  return true;
}

void BackgroundThread::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); }) &&
         !stop.stop_requested()) {
    Task task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    try {
      task([&stop] { return !stop.stop_requested(); });
    } catch (const std::bad_alloc&) {
      log::Warn("work in the background was left for want of memory");
    }
    task = nullptr;  // what it holds is let go without the lock
    lock.lock();
  }
}

}  // namespace sluice::delta
