// delta/log_segment.h -- the files of _delta_log that make up one version of a table.
//
// A LogSegment is chosen from a listing and is valid by construction: its commits have no gap, its
// checkpoint is complete, its last file makes the asked version.
// Source: Delta PROTOCOL.md, "Delta Log Entries", "Checkpoints".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/log_listing.h"

namespace sluice::delta {

struct LogSegment {
  Version version = 0;
  std::optional<CheckpointFiles> checkpoint;
  std::vector<CommitFile> commits;  // behind the checkpoint, ascending
  // The file that made the version: while it is the same, so is the table.
  storage::ObjectInfo last;
};

// Chooses the files of `version`, or of the newest one. `below`: only checkpoints of an older
// version than this, for when that one cannot be read.
//
// Errors: as ReadableRange; kInvalidArgument  `version` cannot be read; the message names the range
Result<LogSegment> ChooseSegment(const LogListing& listing,
                                 std::optional<Version> version = std::nullopt,
                                 std::optional<Version> below = std::nullopt);

// Lists the store and chooses the newest version: from _last_checkpoint's hint if that leads to a
// segment, else from the start. The listing is handed out for those who need it too.
struct FoundSegment {
  LogListing listing;
  LogSegment segment;
};
Result<FoundSegment> FindNewestSegment(const storage::ObjectStore& store);

}  // namespace sluice::delta
