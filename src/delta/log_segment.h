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
  // Behind the checkpoint, ascending, compacted where that saves reads; the commit of the version
  // itself stands alone.
  std::vector<CommitFile> commits;
  // The file that made the version: while it is the same, so is the table.
  storage::ObjectInfo last;
};

// Chooses the files of `version`, or of the newest one.
//
// Errors: as ReadableRange; kInvalidArgument  `version` cannot be read; the message names the range
Result<LogSegment> ChooseSegment(const LogListing& listing,
                                 std::optional<Version> version = std::nullopt);

// `listing` without one of its checkpoints, for when that turns out to lack a part of itself.
LogListing WithoutCheckpoint(LogListing listing, const CheckpointFiles& checkpoint);

// Lists the store and chooses the newest version: from _last_checkpoint's hint if that leads to a
// segment, else from the start. The listing is handed out for those who need it too.
struct FoundSegment {
  LogListing listing;
  LogSegment segment;
};
Result<FoundSegment> FindNewestSegment(const storage::ObjectStore& store);

}  // namespace sluice::delta
