// delta/snapshot_cache.h -- snapshots kept within a limit of bytes; the least recently used go.
//
// What several versions share is counted once. The snapshot used last stays, whatever its size.
// Thread-safe.
#pragma once

#include <list>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "base/metrics.h"
#include "delta/table_snapshot.h"

namespace sluice::delta {

class SnapshotCache {
 public:
  using Ptr = std::shared_ptr<const TableSnapshot>;

  // `metrics` must outlive the cache.
  SnapshotCache(ByteCount limit, Metrics& metrics) : limit_(limit), metrics_(metrics) {}

  // Null: not kept. Counts as a use.
  Ptr Find(const std::string& table, Version version);
  // The newest one that is not newer than `version`; null: none. No use.
  Ptr FindUpTo(const std::string& table, Version version) const;
  void Put(const std::string& table, Ptr snapshot);
  // Forgets all versions of a table.
  void Drop(const std::string& table);
  ByteCount bytes() const;

 private:
  struct Item {
    std::string table;
    Ptr snapshot;
    ByteCount own;  // without the base
  };
  using Items = std::list<Item>;  // the most recently used first

  void Remove(Items::iterator item);
  void AddBytes(const Item& item);
  void SubtractBytes(const Item& item);

  const ByteCount limit_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  Items items_;
  std::unordered_map<std::string, std::map<Version, Items::iterator>> tables_;
  std::unordered_map<const FileSegment*, size_t> bases_;  // how many snapshots have it
  uint64_t bytes_ = 0;
};

}  // namespace sluice::delta
