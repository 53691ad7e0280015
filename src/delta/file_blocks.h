// delta/file_blocks.h -- the files of a table version, packed: the base segment of snapshots.
//
// Files lie in order of their keys in blocks of about 256, each compressed on its own, statistics
// apart from the rest. Blocks are immutable and shared by the segments of several versions. What
// decides whether a block has to be unpacked at all stays outside: its first key, a hash of each
// key, its distinct partition values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/block_space.h"
#include "delta/stored_file.h"

namespace sluice::delta {

// What is counted about a set of files.
struct FileTotals {
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t deletion_vectors = 0;
  uint64_t deleted_records = 0;  // by those
  uint64_t outside = 0;

  void Add(const FileRow& row);
  void Remove(const FileRow& row);
  void Add(const FileTotals& other);
};

struct FileBlock {
  std::string first_path;  // the first key
  std::string first_dv_id;
  PackedBytes packed;                   // rows, then statistics
  size_t packed_rows = 0;               // how much of it the rows are
  size_t rows_size = 0;                 // unpacked
  size_t statistics_size = 0;           // unpacked
  std::vector<uint32_t> hashes;         // of the keys, in order
  std::vector<std::string> partitions;  // distinct partition values, JSON
  FileTotals totals;

  KeyView first_key() const { return {first_path, first_dv_id}; }
  ByteCount memory() const;
};

class FileSegment {
 public:
  explicit FileSegment(BlockLimits limits = {},
                       std::vector<std::shared_ptr<const FileBlock>> blocks = {});
  const std::vector<std::shared_ptr<const FileBlock>>& blocks() const { return blocks_; }
  const FileTotals& totals() const { return totals_; }
  ByteCount memory() const { return memory_; }
  // Those that the segment was made within, for what is made of it.
  const BlockLimits& limits() const { return limits_; }
  // The block that holds `key`, if any does. The segment must not be empty.
  size_t BlockOf(KeyView key) const;

 private:
  std::vector<std::shared_ptr<const FileBlock>> blocks_;
  FileTotals totals_;
  ByteCount memory_;
  BlockLimits limits_;
};

// What counts for blocks: those that stay are small, those that are soon read again are packed
// fast.
enum class Packing { kSmall, kFast };

// Makes a segment of rows that come in ascending order.
class SegmentBuilder {
 public:
  // `space` outlives the builder; several may share one.
  explicit SegmentBuilder(BlockSpace& space, Packing packing = Packing::kSmall);
  ~SegmentBuilder();
  SegmentBuilder(SegmentBuilder&&) noexcept;
  // Errors: kInternal     the compressor failed
  //         kUnavailable  there is no room on the disk
  Status Add(const FileRow& row);
  // Takes over a block whose keys are all behind those added so far, and which keeps them so.
  Status Share(std::shared_ptr<const FileBlock> block);
  // Whether Share would leave a block behind that is much too small.
  bool CanShare() const;
  // The blocks, in order. Errors: as Add
  Result<std::vector<std::shared_ptr<const FileBlock>>> Finish();

 private:
  struct State;
  Status CloseBlock();
  std::unique_ptr<State> state_;
};

// Unpacks blocks, one at a time, into buffers that it keeps. The rows of a block come in order.
class BlockReader {
 public:
  BlockReader();
  BlockReader(BlockReader&&) noexcept;
  ~BlockReader();
  // With `wanted`, by number of partition values, only rows that have those come.
  // Errors: kInternal  the block cannot be unpacked; kUnavailable  the disk fails
  Status Open(std::shared_ptr<const FileBlock> block, std::vector<bool> wanted = {});
  // The next row; null: the block's end. Valid until the next call. Errors: as Open
  Result<const FileRow*> Next();
  // The same, without its statistics.
  Result<const FileRow*> NextKey();
  // Rows of the block that were not wanted, up to the one that came last.
  size_t unwanted() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

uint32_t HashOf(KeyView key);

}  // namespace sluice::delta
