// storage/parallel.h -- the same work on many things, several at a time.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace sluice::storage {

// Threads for reading, out of those that all calls of the process share: together no more than a
// store takes (StoreLimits: requests at a time and those that wait), even if each of the server's
// workers loads a table. Given back on destruction.
class ThreadShare {
 public:
  // As many of `wanted` as are left, but `least` in any case.
  explicit ThreadShare(size_t wanted, size_t least);
  ~ThreadShare();
  ThreadShare(const ThreadShare&) = delete;
  ThreadShare& operator=(const ThreadShare&) = delete;
  size_t count() const { return count_; }

 private:
  size_t count_;
};

// Calls `work` for each index below `count`, on at most `threads` threads (the calling one is one
// of them), and returns when all have ended. After a failure no further index is begun.
//
// Errors: that of the lowest index that failed; kUnavailable  out of memory
Status InParallel(size_t count, size_t threads, const std::function<Status(size_t)>& work);

}  // namespace sluice::storage
