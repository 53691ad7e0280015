// storage/disk_cache.h -- immutable files of remote logs, kept on a local disk.
//
// An entry is named by what it holds: a store's identity, the object's key, tag and size. A
// replaced object has another name, so that nothing here is ever stale. Entries carry a checksum:
// one that is broken is thrown away and fetched anew. The folder is bounded; the least recently
// used entries go. Several processes may share one folder, and it survives restarts. Whatever is
// wrong with the disk (full, read-only, gone) costs speed, never an answer. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/metrics.h"
#include "base/result.h"
#include "storage/object_store.h"

namespace sluice::storage {

class DiskCache {
 public:
  // Makes `folder` (mode 0700) when it is not there. `metrics` must outlive the cache.
  // Errors: kInvalidArgument  the folder cannot be made or belongs to somebody else
  static Result<std::unique_ptr<DiskCache>> Open(std::string folder, ByteCount limit,
                                                 Metrics& metrics);
  ~DiskCache();

  // Writes the object's bytes to the empty file behind the descriptor.
  using Download = std::function<Status(int fd)>;

  // The object as a file: kept from before, else downloaded. Nothing: the cache is of no use now
  // (the disk is full, the object is larger than a quarter of the limit).
  // Errors: those of `download`
  Result<std::optional<LocalCopy>> Get(std::string_view identity, const ObjectInfo& object,
                                       const Download& download);
  // Small objects as bytes. Nothing: not here.
  std::optional<std::string> Find(std::string_view identity, const ObjectInfo& object);
  void Put(std::string_view identity, const ObjectInfo& object, std::string_view bytes);

 private:
  struct State;
  explicit DiskCache(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sluice::storage
