// delta/file_blocks.h -- the files of a table version, packed: sorted, in compressed blocks.
//
// A table of 300,000 files with statistics is 200 MB of text; kept in zstd blocks of 256 files it
// is a fraction of that, and any place in it is one binary search and one block away.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/actions.h"
#include "delta/snapshot.h"

namespace sluice::delta {

// The key by which an action's file is found and ordered.
FileKey KeyOf(std::string_view path, const std::optional<DeletionVector>& vector);
FileKey KeyOfEntry(const FileEntry& entry);

// One file as a record: everything that FileEntry shows.
std::string EncodeFile(const AddFile& add);

// Reads a record at the front of `bytes` and moves behind it. Views point into the record; `vector`
// is where the entry's deletion vector is kept. Errors: kInternal  not a record
Status DecodeFile(std::string_view& bytes, FileEntry& entry, DeletionVector& vector);

// Immutable; shared by the versions of a table.
class FileBlocks {
 public:
  uint64_t count() const { return count_; }
  uint64_t deletion_vectors() const { return deletion_vectors_; }
  ByteCount size() const { return size_; }  // of the files
  ByteCount memory() const { return memory_; }
  // Live files that lie outside of the table's folder.
  const std::vector<FileKey>& outside() const { return outside_; }

  size_t blocks() const { return blocks_.size(); }
  // The block in which `key` lies if it is there at all.
  size_t BlockOf(const FileKey& key) const;
  // Unpacks block `index` into `out`: its records, one after the other.
  Status Unpack(size_t index, std::string& out) const;

 private:
  friend class FileBlocksBuilder;
  struct Block {
    FileKey first;
    uint32_t unpacked = 0;
    std::string packed;
  };
  std::vector<Block> blocks_;
  std::vector<FileKey> outside_;
  uint64_t count_ = 0;
  uint64_t deletion_vectors_ = 0;
  ByteCount size_;
  ByteCount memory_;
};

// Takes files in ascending order of their keys; those that come out of order are sorted in at the
// end, at the price of memory for all of them.
class FileBlocksBuilder {
 public:
  FileBlocksBuilder();
  ~FileBlocksBuilder();
  // Errors: kCorrupt  the same key twice
  Status Add(const AddFile& add);
  // The same for a file that is a record already.
  Status AddRecord(FileKey key, std::string_view record);
  Result<std::shared_ptr<const FileBlocks>> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::delta
