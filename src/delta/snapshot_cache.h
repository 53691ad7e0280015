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
#include <vector>

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
  // Puts an equal snapshot in the place of `old`, if that is kept. No use.
  void Replace(const std::string& table, const Ptr& old, Ptr snapshot);
  // Forgets all versions of a table.
  void Drop(const std::string& table);
  ByteCount bytes() const;

 private:
  struct Item {
    std::string table;
    Ptr snapshot;
    // Without the base, and without what the version before it, if that is kept, has of the
    // overlay: what versions share of overlays, neighbours do.
    ByteCount own;
  };
  using Items = std::list<Item>;  // the most recently used first
  using Versions = std::map<Version, Items::iterator>;

  void Remove(Items::iterator item);
  void Shrink(std::vector<Ptr>& gone);
  // Counts what stands at `place` anew, and what follows it.
  void Recount(const Versions& versions, Versions::const_iterator place);
  void AddBase(const Item& item);
  void SubtractBase(const Item& item);

  const ByteCount limit_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  Items items_;
  std::unordered_map<std::string, Versions> tables_;
  std::unordered_map<const FileSegment*, size_t> bases_;  // how many snapshots have it
  uint64_t bytes_ = 0;
};

}  // namespace sluice::delta
