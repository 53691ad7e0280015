// delta/block_space.h -- where packed blocks of files lie: in memory up to a limit, then on disk.
//
// A table that is too big to be kept whole costs its disk space and what lies beside the blocks
// (keys' hashes, partition values), and everything else works as for any other table. The file has
// no name: it goes with the last block in it, or with the process.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sluice::delta {

class BlockSpace;
class SpillFile;

// The bytes of one block, as they were packed. Immutable; cheap to move.
class PackedBytes {
 public:
  PackedBytes() = default;

  size_t size() const { return size_; }
  bool on_disk() const { return file_ != nullptr; }
  size_t memory() const { return bytes_.capacity(); }
  // The bytes, which lie here or in `buffer`. Errors: kUnavailable  the disk fails
  Result<std::string_view> Read(std::string& buffer) const;

 private:
  friend class BlockSpace;
  std::string bytes_;
  std::shared_ptr<SpillFile> file_;  // null: in memory
  uint64_t offset_ = 0;
  size_t size_ = 0;
};

// How much of one table's blocks is kept in memory, and where the rest goes.
struct BlockLimits {
  ByteCount memory = MiB(256);
  std::string folder;  // empty: nowhere, everything stays in memory
};

// One for each segment that is made. Thread-safe.
class BlockSpace {
 public:
  explicit BlockSpace(BlockLimits limits = {}) : limits_(std::move(limits)) {}

  // Errors: kUnavailable  the disk is full or fails
  Result<PackedBytes> Keep(std::string_view packed);
  // Bytes of another space that are part of the segment too.
  void Count(const PackedBytes& shared) { kept_.fetch_add(shared.memory()); }
  const BlockLimits& limits() const { return limits_; }

 private:
  const BlockLimits limits_;
  std::atomic<uint64_t> kept_ = 0;  // in memory
  std::mutex mutex_;
  std::shared_ptr<SpillFile> file_;  // made when it is needed
};

}  // namespace sluice::delta
