#include "storage/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/log.h"

namespace sluice::storage {
namespace {

constexpr size_t kManyThreads = 128;

std::atomic<size_t> threads_in_use =
    0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

class Work {
 public:
  Work(size_t count, const std::function<Status(size_t)>& work) : count_(count), work_(work) {}

  void Run() {
    while (!failed_) {
      const size_t index = next_++;
      if (index >= count_) return;
      Status status = RunSafely(index);
      if (!status.has_value()) Note(index, std::move(status).error());
    }
  }

  Status Outcome() && {
    if (error_.has_value()) return std::unexpected(*std::move(error_));
    return {};
  }

 private:
  // An exception would end the process here, where nobody stands above.
  Status RunSafely(size_t index) {
    try {
      return work_(index);
    } catch (const std::bad_alloc&) {
      return Fail(Code::kUnavailable, "the server is out of memory");
    }
  }

  void Note(size_t index, Error error) {
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

ThreadShare::ThreadShare(size_t wanted, size_t least) {
  size_t used = threads_in_use;
  do {
    const size_t left = used < kManyThreads ? kManyThreads - used : 0;
    count_ = std::min(wanted, std::max(left, least));
  } while (!threads_in_use.compare_exchange_weak(used, used + count_));
}

ThreadShare::~ThreadShare() { threads_in_use -= count_; }

Status InParallel(size_t count, size_t threads, const std::function<Status(size_t)>& work) {
  Work shared(count, work);
  {
    const size_t wanted = std::min(threads, count);
    const ThreadShare share(wanted > 1 ? wanted - 1 : 0, 0);
    std::vector<std::jthread> others;
    try {
      for (size_t i = 0; i < share.count(); ++i) others.emplace_back([&] { shared.Run(); });
    } catch (const std::system_error& failed) {
      log::Debug("working with {} threads of {}: {}", others.size(), share.count(), failed.what());
    }
    shared.Run();
  }
  return std::move(shared).Outcome();
}

}  // namespace sluice::storage
