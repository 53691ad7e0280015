// delta/log_listing.h -- what lies in _delta_log: commits and complete checkpoints, in order.
//
// Checksums, compacted and staged commits, temporary files and names that nobody knows are left
// out. Source: Delta PROTOCOL.md, "File Types", "Last Checkpoint File".
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delta/actions.h"
#include "storage/object_store.h"

namespace sluice::delta {

struct CommitFile {
  Version version = 0;
  storage::ObjectInfo object;
};

struct CheckpointFiles {
  Version version = 0;
  std::vector<storage::ObjectInfo> parts;  // all of them, in order

  // When the last part was written.
  TimePoint modified() const;
};

struct LogListing {
  std::vector<CommitFile> commits;           // ascending
  std::vector<CheckpointFiles> checkpoints;  // ascending, complete, one a version
  std::vector<Version> v2_checkpoints;       // ascending; named by UUID
  bool whole = true;  // false: listed from a hint on, older files may be missing

  bool empty() const { return commits.empty() && checkpoints.empty() && v2_checkpoints.empty(); }
};

// Sorts out a listing of the log folder.
LogListing ReadListing(const std::vector<storage::ObjectInfo>& objects);

// The newest version of which there is a file; -1: there is none.
Version NewestIn(const LogListing& listing);

// Lists the log, from version `from` on or whole. Errors: those of ObjectStore::List
Result<LogListing> ListLog(const storage::ObjectStore& store,
                           std::optional<Version> from = std::nullopt);

// The version that _last_checkpoint names. A hint, nothing more: whatever is wrong with the file,
// there is no hint.
std::optional<Version> LastCheckpointHint(const storage::ObjectStore& store);

// The versions that can be rebuilt from the listed files without a gap: [oldest, newest].
//
// Errors: kNotFound     no commit and no checkpoint
//         kCorrupt      a commit is missing
//         kUnsupported  only a V2 checkpoint would fill the gap
Result<std::pair<Version, Version>> ReadableRange(const LogListing& listing);

}  // namespace sluice::delta
