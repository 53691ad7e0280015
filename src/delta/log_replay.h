// delta/log_replay.h -- from the files of a log segment to the state of a table.
//
// Source: Delta PROTOCOL.md, "Action Reconciliation": of all actions about one (path, deletion
// vector) the newest counts, and the newest protocol and metaData.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/checkpoint.h"
#include "delta/file_blocks.h"
#include "delta/log_segment.h"
#include "delta/table_features.h"

namespace sluice::delta {

// What commits changed: the record of a file that was added, or empty for one that was removed.
using FileChanges = std::map<FileKey, std::string>;

struct Replay {
  Version version = -1;  // of the last commit that was replayed
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  FileChanges changes;
  std::optional<int64_t> in_commit_timestamp;  // of the last commit, ms
};

// Replays one commit on top of `replay`.
// Errors: kCorrupt  broken JSON, two protocol or metaData actions, the same file added twice
//         kNotFound, kUnavailable, kPermissionDenied, kResourceExhausted  the store
Status ReplayCommit(const storage::ObjectStore& store, Version version, ByteCount limit,
                    Replay& replay);

// The state at a segment's checkpoint: its files packed, its protocol and metaData in `replay`. A
// segment without one gives no files.
Result<std::shared_ptr<const FileBlocks>> LoadCheckpoint(const storage::ObjectStore& store,
                                                         const CheckpointReader& reader,
                                                         const LogSegment& segment, Replay& replay);

}  // namespace sluice::delta
