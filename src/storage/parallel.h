// storage/parallel.h -- the same work on many things, several at a time.
#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"

namespace sluice::storage {

// Calls `work` for each index below `count`, on at most `threads` threads (the calling one is one
// of them), and returns when all have ended. After a failure no further index is begun. Errors:
// that of the lowest index that failed
Status InParallel(size_t count, size_t threads, const std::function<Status(size_t)>& work);

}  // namespace sluice::storage
