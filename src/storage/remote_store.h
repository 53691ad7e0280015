// storage/remote_store.h -- what stores on other machines have in common: an object as a local file
// is a download.
#pragma once

#include <string>

#include "storage/object_store.h"

namespace sluice::storage {

// Thread-safe.
class RemoteStore : public ObjectStore {
 public:
  // Which store, bucket and root this is: differs wherever the bytes under one key may differ, and
  // holds no secret. Entries of the disk cache are named by it.
  virtual const std::string& identity() const = 0;

  // Writes the whole object, in the state that was listed, to the empty file behind `fd`, from its
  // start. On failure the file's content is undefined. Errors: those of Fetch
  virtual Status Download(const ObjectInfo& object, int fd) const = 0;

  // The object in memory, under a path that is good in this process only. Stores with a disk cache
  // in front of them (storage/cached_store.h) are asked for this where the cache is of no use.
  Result<LocalCopy> Fetch(const ObjectInfo& object) const override;
};

}  // namespace sluice::storage
