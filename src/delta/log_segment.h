// delta/log_segment.h -- the files of _delta_log that make up one table version.
//
// A LogSegment is chosen from a listing and is valid by construction: versions have no gap, the
// checkpoint is complete, the last file is the asked version.
// Source: Delta PROTOCOL.md, "Delta Log Entries", "Checkpoints", "Last Checkpoint File".
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "delta/actions.h"
#include "storage/object_store.h"

namespace sluice::delta {

struct Checkpoint {
  Version version = 0;
  std::vector<std::string> keys;  // all parts, in order
};

struct LogSegment {
  Version version = 0;
  std::optional<Checkpoint> checkpoint;
  std::vector<storage::ObjectInfo> commits;  // those behind the checkpoint, ascending, no gap
};

// Finds the newest segment that ends at `version`, or at the latest commit if none is given. Lists
// the store once, from the _last_checkpoint hint when that is usable; a hint that lies costs a
// second listing.
//
// Errors: kNotFound         no log there
//         kInvalidArgument  `version` was cleaned up or never written
//         kCorrupt          a gap in the commits
//         kUnsupported      the version needs a V2 checkpoint
//         kUnavailable, kPermissionDenied  the store
Result<LogSegment> FindSegment(const storage::ObjectStore& store,
                               std::optional<Version> version = std::nullopt);

// All commits that are there, ascending, and the first and last version that can be read.
struct LogHistory {
  std::vector<std::pair<Version, storage::ObjectInfo>> commits;
  Version oldest = 0;
  Version newest = 0;
};
// Errors: as FindSegment
Result<LogHistory> ListHistory(const storage::ObjectStore& store);

}  // namespace sluice::delta
