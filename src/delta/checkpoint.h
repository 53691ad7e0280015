// delta/checkpoint.h -- what a checkpoint holds, and who reads its Parquet files.
//
// delta must not know DuckDB: it declares the reader, engine implements it, server hands it in.
// Source: Delta PROTOCOL.md, "Checkpoints".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/actions.h"
#include "storage/object_store.h"

namespace sluice::delta {

// "Sidecar File Information": where more of a V2 checkpoint's files are.
struct Sidecar {
  std::string path;  // a name in _delta_log/_sidecars, percent-encoded
  int64_t size = 0;
  int64_t modification_time = 0;  // ms
};

// The actions of a checkpoint that are not files. Absent: the checkpoint lacks them.
struct CheckpointHeader {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::vector<Sidecar> sidecars;
};

// Gets one add action after the other; returning an error ends the read with it.
using AddFileSink = std::function<Status(AddFile&&)>;

class CheckpointReader {
 public:
  virtual ~CheckpointReader() = default;

  // Reads the Parquet files `parts` of one checkpoint, all of them, in the state that was listed;
  // the sidecars that they name are not followed.
  // Calls `sink` for each add action, on the calling thread, in ascending byte order of (path,
  // deletion vector's unique id).
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
