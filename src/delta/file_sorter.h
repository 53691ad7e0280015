// delta/file_sorter.h -- files that come in any order, made into the segment of a snapshot.
//
// An external sort, whose runs are packed as segments are: what is in memory is one run as it
// comes, one that is being packed, and the packed rest (which is on disk beyond its limit, see
// block_space). Files that come in order make one run, which is the segment. Checkpoints are not
// sorted by the engine since that holds all rows unpacked.
#pragma once

#include <future>
#include <memory>
#include <vector>

#include "base/result.h"
#include "delta/file_blocks.h"
#include "delta/stored_file.h"

namespace sluice::delta {

// One thread at a time; packs and merges on others besides.
class FileSorter {
 public:
  explicit FileSorter(BlockLimits limits);
  ~FileSorter();
  FileSorter(const FileSorter&) = delete;
  FileSorter& operator=(const FileSorter&) = delete;

  // Errors: kInternal, kUnavailable  packing failed, now or of files that came before
  Status Add(StoredFile&& file);
  uint64_t count() const { return count_; }
  // All files in order. Errors: as Add; kAlreadyExists  two files have the same key
  Result<std::shared_ptr<const FileSegment>> Finish();

 private:
  using Blocks = std::vector<std::shared_ptr<const FileBlock>>;
  struct Run;

  Status Pack(const std::vector<StoredFile>& files);
  Status WaitForPacking();
  Result<std::shared_ptr<const FileSegment>> MergeRuns(std::vector<Blocks> runs) const;

  const BlockLimits limits_;
  uint64_t count_ = 0;
  std::vector<StoredFile> pending_;  // not packed yet
  size_t pending_bytes_ = 0;
  BlockSpace run_space_;
  std::vector<std::unique_ptr<Run>> runs_;  // the last one may go on
  std::future<Status> packing_;             // of those that came before
};

}  // namespace sluice::delta
