// delta/checkpoint.h -- what a checkpoint holds besides files, and who reads its Parquet files.
//
// delta must not know DuckDB: it declares the reader, engine implements it, server hands it in.
// Source: Delta PROTOCOL.md, "Checkpoints", "Sidecar File Information", "Checkpoint Metadata".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/actions.h"
#include "storage/object_store.h"

namespace sluice::delta {

// Where more of a V2 checkpoint's files are.
struct Sidecar {
  std::string path;  // a name in _delta_log/_sidecars, percent-encoded
  int64_t size = 0;
  int64_t modification_time = 0;  // ms, as its writer saw it; the store may say otherwise
};

// What each V2 checkpoint says of itself.
struct CheckpointMetadata {
  Version version = 0;
};

// The actions of a checkpoint that are not files. Absent: the checkpoint lacks them.
struct CheckpointHeader {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::optional<CheckpointMetadata> checkpoint_metadata;
  std::vector<Sidecar> sidecars;

  // Errors: kCorrupt      there is one already
  //         kUnsupported  more sidecars than this server reads
  Status Take(Protocol&& action);
  Status Take(Metadata&& action);
  Status Take(CheckpointMetadata&& action);
  Status Take(Sidecar&& action);

  bool empty() const { return !protocol && !metadata && !checkpoint_metadata && sidecars.empty(); }
};

// kCorrupt: "the table's checkpoint is broken: ...".
std::unexpected<Error> BrokenCheckpoint(std::string_view why, std::string detail = {});

// Gets one add action after the other; returning an error ends the read with it.
using AddFileSink = std::function<Status(AddFile&&)>;

class CheckpointReader {
 public:
  virtual ~CheckpointReader() = default;

  // Reads Parquet files of one checkpoint, its parts or its sidecars, all of them, in the state
  // that was listed. Sidecars that they name are not followed. Calls `sink` for each add action, on
  // the calling thread, in any order.
  //
  // Errors: kCorrupt      not Parquet, a needed column missing or of the wrong type, an add without
  // a path
  //         kNotFound     a file is gone or was replaced
  //         kUnavailable  the store or the engine failed
  virtual Result<CheckpointHeader> Read(const storage::ObjectStore& store,
                                        const std::vector<storage::ObjectInfo>& parts,
                                        const AddFileSink& sink) const = 0;
};

}  // namespace sluice::delta
