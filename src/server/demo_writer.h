// server/demo_writer.h -- writes one table of the demo lakehouse as a Delta table.
//
// Protocol (1, 2), statistics for every column, partitions in folders as Hive names them, one
// checkpoint where the table asks for it; how these are written: engine/table_writer.h. Source:
// Delta PROTOCOL.md, "Partition Value Serialization".
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
