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
#include "delta/version_head.h"

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

// `commits` follow `from` without a gap; there is at least one. Costs what they change, not what
// the table has: an overlay may outgrow its share, and is for the caller to have merged. Errors: as
// LoadSnapshot
Result<TableSnapshotPtr> ExtendSnapshot(const LogSource& source, const TableSnapshot& from,
                                        const std::vector<CommitFile>& commits,
                                        TimePoint file_time);

// Whether the commit of `version` bears its own time, by the metadata of that version or a later
// one. Source: Delta PROTOCOL.md, "In-Commit Timestamps".
bool HasInCommitTimestamp(const Metadata& metadata, Version version);

// The time of a version by what its commit says itself and its file's time; `snapshot` is that
// version or a later one. Errors: kCorrupt  the commit does not tell its time, but must
Result<TimePoint> CommitTime(const Snapshot& snapshot, Version version, std::optional<int64_t> own,
                             TimePoint file_time);

// [oldest, newest] of those versions among which the newest one of `time` is looked for: times of
// files and own ones are not held against each other, since a copied log has young files.
using VersionRange = std::pair<Version, Version>;
VersionRange VersionsAround(TimePoint time, const Metadata& metadata, VersionRange versions);

// What the checksum of a version says of it: one request. Nothing: there is no checksum, it is not
// sound, or the version cannot be read, and why is for the one who loads it to tell.
std::optional<VersionHead> HeadFromChecksum(const LogSource& source, const LogListing& listing,
                                            Version version, TimePoint file_time);

}  // namespace sluice::delta
