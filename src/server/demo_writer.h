// server/demo_writer.h -- writes one table of the demo lakehouse as a Delta table.
//
// The smallest writer that makes sound tables: protocol (1, 2), Parquet through the engine,
// statistics for every column, partitions in folders as Hive names them, one classic checkpoint
// where the table asks for it. Sources: Delta PROTOCOL.md, "Per-file Statistics", "Partition Value
// Serialization", "Checkpoint Schema", "Last Checkpoint File Schema".
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "engine/engine.h"
#include "server/demo_tables.h"

namespace sluice::server {

struct DemoTableSize {
  int64_t rows = 0;  // of the latest version
  size_t files = 0;  // of the latest version
  size_t versions = 0;
};

// Writes `table` into `folder`, which must not exist; the table's sources are in `engine`. Commits
// get the times the table says, in the log and as times of their files.
//
// Errors: kUnavailable  a file cannot be written; kInternal  the engine refuses a statement
Result<DemoTableSize> WriteDemoTable(engine::Engine& engine, const DemoTable& table,
                                     const std::filesystem::path& folder);

}  // namespace sluice::server
