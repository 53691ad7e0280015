// engine/checkpoint_reader.h -- delta::CheckpointReader over DuckDB's Parquet reader.
#pragma once

#include <string>
#include <vector>

#include "delta/checkpoint.h"
#include "engine/database.h"

namespace sluice::engine {

// Thread-safe. Memory does not depend on the number of actions but for the sort, which the engine's
// memory limit bounds and its temporary folder, where one is set, relieves.
//
// Statistics that a checkpoint keeps only as a struct come as the JSON text that Delta defines.
// Errors besides those of the interface: kPermissionDenied  the copy cannot be opened
class DuckdbCheckpointReader final : public delta::CheckpointReader {
 public:
  // `database` must outlive the reader.
  explicit DuckdbCheckpointReader(Database& database) : database_(database) {}

  Result<delta::CheckpointHeader> Read(const storage::ObjectStore& store,
                                       const std::vector<storage::ObjectInfo>& parts,
                                       const delta::AddFileSink& sink) const override;

 private:
  Database& database_;
};

}  // namespace sluice::engine
