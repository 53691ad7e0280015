// delta/checkpoint_loading.h -- a checkpoint of any kind made into live files: one file, many
// parts, V2 in Parquet or JSON, with sidecars or without.
//
// Source: Delta PROTOCOL.md, "Checkpoints", "Sidecar Files".
#pragma once

#include <optional>

#include "base/result.h"
#include "delta/checkpoint.h"
#include "delta/live_files.h"
#include "delta/log_listing.h"
#include "delta/snapshots.h"

namespace sluice::delta {

// What is read from, and within which limits. Borrows.
struct LogSource {
  const storage::ObjectStore& store;
  const CheckpointReader& reader;
  const SnapshotLimits& limits;
};

struct CheckpointState {
  CheckpointHeader header;
  LiveFiles files;
};

// The header has a protocol and a metaData action. Nothing: the checkpoint is not complete, since a
// sidecar that it names is missing while the checkpoint itself stands; another one has to do.
//
// Errors: kNotFound     a listed file is gone or was replaced
//         kCorrupt      broken rows, a file twice, what the checkpoint's kind does not allow, a
//                       sidecar of another size or outside its folder
//         kUnsupported  paths that lead out of the table, too many sidecars, too much JSON
//         kUnavailable, kPermissionDenied
Result<std::optional<CheckpointState>> LoadCheckpoint(const LogSource& source,
                                                      const CheckpointFiles& files);

}  // namespace sluice::delta
