// storage/cached_store.h -- a remote store whose log files are kept on a local disk.
#pragma once

#include <memory>

#include "storage/disk_cache.h"
#include "storage/object_store.h"
#include "storage/remote_store.h"

namespace sluice::storage {

// ReadListed and Fetch, which name the state of the object that is wanted, look into the cache
// first; everything else is handed on. `cache` must outlive the store.
std::unique_ptr<ObjectStore> CacheLogFiles(std::unique_ptr<RemoteStore> store, DiskCache& cache);

}  // namespace sluice::storage
