// delta/snapshot_loading.h -- a segment of the log made into a snapshot, from scratch or by
// extending an older one.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "delta/checkpoint_loading.h"
#include "delta/log_listing.h"
#include "delta/log_segment.h"
#include "delta/table_snapshot.h"

namespace sluice::delta {

using TableSnapshotPtr = std::shared_ptr<const TableSnapshot>;

// `listing` is where `segment` was chosen from: when its checkpoint turns out not to be complete,
// another one and the commits behind it do as well. What its checksum says of the version must be
// so. `file_time`: of the version's commit, for tables without in-commit timestamps.
//
// Errors: kNotFound     a file is gone since it was listed
//         kCorrupt, kUnsupported, kUnavailable, kPermissionDenied
Result<TableSnapshotPtr> LoadSnapshot(const LogSource& source, const LogListing& listing,
                                      const LogSegment& segment, TimePoint file_time);

// `commits` follow `from` without a gap; there is at least one. Errors: as LoadSnapshot
Result<TableSnapshotPtr> ExtendSnapshot(const LogSource& source, const TableSnapshot& from,
                                        const std::vector<CommitFile>& commits,
                                        TimePoint file_time);

// Whether the commit of `version` bears its own time, by the metadata of that version or a later
// one. Source: Delta PROTOCOL.md, "In-Commit Timestamps".
bool HasInCommitTimestamp(const Metadata& metadata, Version version);

}  // namespace sluice::delta
