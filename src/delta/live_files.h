// delta/live_files.h -- the files of one table version: a packed base under an overlay of changes.
//
// Immutable; a new version shares all but what its commits changed. An overlay that has grown past
// a share of the base is to be merged into a new one, by whoever has the time: loading from scratch
// at once, the refresh of a table in the background (TableLog).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/file_blocks.h"
#include "delta/overlay.h"
#include "delta/stored_file.h"

namespace sluice::delta {

class DataSkipping;
class PartitionSieve;

// What a removal may leave out about its file.
struct FileDetails {
  std::string partition_values;  // JSON
  int64_t size = 0;
};

class LiveFiles {
 public:
  // No files.
  LiveFiles() : LiveFiles(BlockLimits{}) {}
  explicit LiveFiles(BlockLimits limits);
  explicit LiveFiles(std::shared_ptr<const FileSegment> base);

  // The files after `changes`, which are in order and have different keys. Blocks are unpacked only
  // where a change may concern a file in them, each once. Errors: kInternal
  Result<LiveFiles> Apply(const std::vector<FileChange>& changes) const;

  // Whether the overlay has grown past so many times its share.
  bool Outgrown(uint64_t times = 1) const;
  // The same files without an overlay. Blocks that no change concerns are shared. `go_on` is asked
  // at each block. Errors: kInternal; kUnavailable  it was told not to go on
  Result<LiveFiles> Merged(const std::function<bool()>& go_on = nullptr) const;
  // The same files on the base of `onto`. Both come from `from`: these files by changes, on the
  // same base; `onto` has the files of `from`. Takes time for what changed since, and unpacks
  // nothing.
  LiveFiles Rebased(const LiveFiles& from, const LiveFiles& onto) const;

  // Nothing: no live file has this key. Errors: kInternal
  Result<std::optional<FileDetails>> Find(KeyView key) const;
  // Of the files that `sieve` keeps. Errors: kInternal; those of the sieve
  Result<FileTotals> TotalsOf(PartitionSieve& sieve) const;

  const FileTotals& totals() const { return totals_; }
  const std::shared_ptr<const FileSegment>& base() const { return base_; }
  const std::shared_ptr<const Overlay>& overlay() const { return overlay_; }
  ByteCount memory() const { return base_->memory() + overlay_->memory(); }

 private:
  std::shared_ptr<const FileSegment> base_;
  std::shared_ptr<const Overlay> overlay_;
  FileTotals totals_;
};

enum class Statistics { kRead, kLeave };

// Walks live files in order. Keeps what it walks alive.
class LiveFilesCursor {
 public:
  // Starts at the first file, or behind `after`, whose path is canonical. With `skipping`, files
  // that no partition value of theirs lets match are passed over, and blocks of such stay packed;
  // with `sieve` only files that it keeps come, and blocks without such stay packed too. Both
  // outlive the cursor.
  explicit LiveFilesCursor(const LiveFiles& files, std::optional<FileKey> after = std::nullopt,
                           DataSkipping* skipping = nullptr, PartitionSieve* sieve = nullptr,
                           Statistics statistics = Statistics::kRead);
  // The next file; null at the end. Valid until the next call.
  // Errors: kInternal; those of the sieve, whichever live file they come from
  Result<const FileRow*> Next();
  // Live files that were, before the file that came last.
  uint64_t skipped() const { return skipped_; }

 private:
  Result<const FileRow*> NextLive();
  Result<const FileRow*> NextInBase();
  Status AdvanceBase();
  std::vector<bool> Wanted(const FileBlock& block);
  const FileRow* HandOutBase();

  std::shared_ptr<const FileSegment> base_;
  std::shared_ptr<const Overlay> overlay_;
  std::optional<FileKey> after_;
  DataSkipping* const skipping_;
  PartitionSieve* const sieve_;
  const Statistics statistics_;
  uint64_t skipped_ = 0;
  uint64_t ahead_ = 0;  // the same between the last row of the base and the next one
  BlockReader reader_;
  bool opened_ = false;  // reader_ has a block
  size_t next_block_ = 0;
  size_t next_change_ = 0;
  bool base_stale_ = true;  // base_row_ was handed out
  const FileRow* base_row_ = nullptr;
  FileRow change_row_;
};

}  // namespace sluice::delta
