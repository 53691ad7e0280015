// delta/log_listing.h -- what lies in _delta_log: commits, complete checkpoints, compacted commits
// and checksums, in order.
//
// Staged commits, temporary files and names that nobody knows are left out. Source: Delta
// PROTOCOL.md, "File Types", "Last Checkpoint File", "Log Compaction Files".
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

// A commit, or what several in a row come to: a compacted file.
struct CommitFile {
  Version version = 0;  // the last one
  storage::ObjectInfo object;
  Version first = version;
};

struct ChecksumFile {
  Version version = 0;
  storage::ObjectInfo object;
};

struct CheckpointFiles {
  Version version = 0;
  std::vector<storage::ObjectInfo>
      parts;             // all of them, in order; the sidecars of V2 not among them
  bool is_json = false;  // V2: the one part is lines of JSON

  // When the last part was written.
  TimePoint modified() const;
};

struct LogListing {
  std::vector<CommitFile> commits;  // ascending
  std::vector<CheckpointFiles>
      checkpoints;                      // ascending, complete; of one version the best one last
  std::vector<CommitFile> compacted;    // ascending by first and last version
  std::vector<ChecksumFile> checksums;  // ascending
  bool whole = true;                    // false: listed from a hint on, older files may be missing

  bool empty() const { return commits.empty() && checkpoints.empty(); }
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
// Errors: kNotFound  no commit and no checkpoint
//         kCorrupt   a commit is missing
Result<std::pair<Version, Version>> ReadableRange(const LogListing& listing);

}  // namespace sluice::delta
