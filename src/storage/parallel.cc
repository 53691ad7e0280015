#include "storage/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace sluice::storage {
namespace {

class Work {
 public:
  Work(size_t count, const std::function<Status(size_t)>& work) : count_(count), work_(work) {}

  void Run() {
    while (!failed_) {
      const size_t index = next_++;
      if (index >= count_) return;
      Status status = work_(index);
      if (!status.has_value()) Fail(index, std::move(status).error());
    }
  }

  Status Outcome() && {
    if (error_.has_value()) return std::unexpected(*std::move(error_));
    return {};
  }

 private:
  void Fail(size_t index, Error error) {
    failed_ = true;
    const std::lock_guard lock(mutex_);
    if (error_.has_value() && failed_index_ < index) return;
    error_ = std::move(error);
    failed_index_ = index;
  }

  const size_t count_;
  const std::function<Status(size_t)>& work_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
  size_t failed_index_ = 0;
};

}  // namespace

Status InParallel(size_t count, size_t threads, const std::function<Status(size_t)>& work) {
  Work shared(count, work);
  {
    std::vector<std::jthread> others;
    const size_t wanted = std::min(threads, count);
    try {
      for (size_t i = 1; i < wanted; ++i) others.emplace_back([&] { shared.Run(); });
    } catch (const std::system_error&) {
      // No more threads to be had: those that are there do it.
    }
    shared.Run();
  }
  return std::move(shared).Outcome();
}

}  // namespace sluice::storage
