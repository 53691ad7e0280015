// delta/live_files.h -- the files of one table version: a packed base under an overlay of changes.
//
// Immutable; a new version shares all but what its commits changed. The overlay is merged into a
// new base when it has grown past a share of it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/file_blocks.h"
#include "delta/stored_file.h"

namespace sluice::delta {

// A file that was added, or removed.
using FileChange = std::shared_ptr<const StoredFile>;

struct OverlayEntry {
  FileChange change;
  bool in_base = false;  // the base has this key
};
// In order of the keys. A removal stands here only for a file of the base.
using Overlay = std::vector<OverlayEntry>;

// What a removal may leave out about its file.
struct FileDetails {
  std::string partition_values;  // JSON
  int64_t size = 0;
};

class LiveFiles {
 public:
  LiveFiles();
  explicit LiveFiles(std::shared_ptr<const FileSegment> base);

  // The files after `changes`, which are in order and have different keys. Blocks are unpacked only
  // where a change may concern a file in them, each once. Errors: kInternal
  Result<LiveFiles> Apply(const std::vector<FileChange>& changes) const;

  // Nothing: no live file has this key. Errors: kInternal
  Result<std::optional<FileDetails>> Find(KeyView key) const;

  const FileTotals& totals() const { return totals_; }
  const std::shared_ptr<const FileSegment>& base() const { return base_; }
  const std::shared_ptr<const Overlay>& overlay() const { return overlay_; }
  ByteCount overlay_memory() const;
  ByteCount memory() const { return base_->memory() + overlay_memory(); }

 private:
  Result<LiveFiles> Merged() const;

  std::shared_ptr<const FileSegment> base_;
  std::shared_ptr<const Overlay> overlay_;
  FileTotals totals_;
};

// Walks live files in order. Keeps what it walks alive.
class LiveFilesCursor {
 public:
  // Starts at the first file, or behind `after`, whose path is canonical.
  explicit LiveFilesCursor(const LiveFiles& files, std::optional<FileKey> after = std::nullopt);
  // The next file; null at the end. Valid until the next call. Errors: kInternal
  Result<const FileRow*> Next();

 private:
  Result<const FileRow*> NextInBase();
  Status AdvanceBase();

  std::shared_ptr<const FileSegment> base_;
  std::shared_ptr<const Overlay> overlay_;
  std::optional<FileKey> after_;
  BlockReader reader_;
  bool opened_ = false;  // reader_ has a block
  size_t next_block_ = 0;
  size_t next_change_ = 0;
  bool base_stale_ = true;  // base_row_ was handed out
  const FileRow* base_row_ = nullptr;
  FileRow change_row_;
};

}  // namespace sluice::delta
