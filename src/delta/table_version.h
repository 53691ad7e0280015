// delta/table_version.h -- the one implementation of Snapshot: packed files under an overlay.
//
// The base is shared by the versions that grew out of it; the overlay holds what commits behind it
// changed. An overlay that grows past a share of the base is merged into a new base.
#pragma once

#include <memory>

#include "delta/file_blocks.h"
#include "delta/log_replay.h"
#include "delta/snapshot.h"

namespace sluice::delta {

class TableVersion final : public Snapshot {
 public:
  // The version that `replay` ends at, over `base`.
  // Errors: kCorrupt  no protocol or no metaData, or metadata that cannot be read
  //         kUnsupported  a live file outside of the table's folder
  static Result<std::shared_ptr<const TableVersion>> Make(std::shared_ptr<const FileBlocks> base,
                                                          Replay replay, TimePoint commit_time);

  // A later version: this one and the commits in `replay`, whose protocol and metadata may be
  // absent.
  Result<std::shared_ptr<const TableVersion>> Extend(Replay replay, TimePoint commit_time) const;

  ByteCount memory() const override;
  std::unique_ptr<FileCursor> Files(const std::optional<FileKey>& after) const override;

  const std::shared_ptr<const FileBlocks>& base() const { return base_; }
  const std::shared_ptr<const FileChanges>& overlay() const { return overlay_; }

 private:
  TableVersion() = default;
  Status Fill(Replay replay, TimePoint commit_time, const TableVersion* before);
  Status Count(const FileChanges& changes, const TableVersion* before);
  Status CheckInside() const;
  Status MergeIfLarge();

  std::shared_ptr<const FileBlocks> base_;
  std::shared_ptr<const FileChanges> overlay_;
  uint64_t overlay_bytes_ = 0;
  int64_t live_vectors_ = 0;
};

}  // namespace sluice::delta
