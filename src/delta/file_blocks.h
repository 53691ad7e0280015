// delta/file_blocks.h -- the files of a table version, packed: the base segment of snapshots.
//
// Files lie in order of their keys in blocks of about 256, each compressed on its own. Blocks are
// immutable and shared by the segments of several versions. What decides whether a block has to be
// unpacked at all stays outside: its first key, a hash of each key, its distinct partition values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
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
  std::string packed;
  size_t unpacked_size = 0;
  std::vector<uint32_t> hashes;         // of the keys, in order
  std::vector<std::string> partitions;  // distinct partition values, JSON
  FileTotals totals;

  KeyView first_key() const { return {first_path, first_dv_id}; }
  ByteCount memory() const;
};

class FileSegment {
 public:
  FileSegment() = default;
  explicit FileSegment(std::vector<std::shared_ptr<const FileBlock>> blocks);
  const std::vector<std::shared_ptr<const FileBlock>>& blocks() const { return blocks_; }
  const FileTotals& totals() const { return totals_; }
  ByteCount memory() const { return memory_; }
  // The block that holds `key`, if any does. The segment must not be empty.
  size_t BlockOf(KeyView key) const;

 private:
  std::vector<std::shared_ptr<const FileBlock>> blocks_;
  FileTotals totals_;
  ByteCount memory_;
};

// Makes a segment of rows that come in ascending order.
class SegmentBuilder {
 public:
  SegmentBuilder();
  ~SegmentBuilder();
  // Errors: kInternal  the compressor failed
  Status Add(const FileRow& row);
  // Takes over a block whose keys are all behind those added so far, and which keeps them so.
  Status Share(std::shared_ptr<const FileBlock> block);
  // Whether Share would leave a block behind that is much too small.
  bool CanShare() const;
  Result<std::shared_ptr<const FileSegment>> Finish();

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
  // Errors: kInternal  the block cannot be unpacked
  Status Open(std::shared_ptr<const FileBlock> block);
  // The next row; null: the block's end. Valid until the next call. Errors: kInternal
  Result<const FileRow*> Next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

uint32_t HashOf(KeyView key);

}  // namespace sluice::delta
