// server/audit_delta.h -- the audit log as a Delta table of our own, extended by each run.
//
// Each event comes once: a commit holds rows and, as its transaction, the number of the newest
// event among them; and its hash, so that another log is not taken for the one that was exported.
// What a run that was cut off has left are files that no commit names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "audit/chain.h"
#include "audit/cursor.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "engine/engine.h"

namespace sluice::server {

struct DeltaExport {
  uint64_t events = 0;              // that were added
  uint64_t through = 0;             // the table has the events up to this one
  std::vector<audit::Gap> missing;  // that the log had no more when it was their turn
};

struct DeltaExportOptions {
  std::filesystem::path folder;  // of the table; made where there is none
  uint64_t through = 0;          // events behind this one are left for the next run
  ByteCount batch = MiB(64);     // lines of the log that become one commit
};

// Errors: kInvalidArgument  the folder holds something else, or the table of another log
//         kConflict         somebody else wrote to the table meanwhile: run it again
//         kUnsupported      the table was changed into one that this does not write
//         those of audit::Cursor and engine::TableWriter
Result<DeltaExport> ExportToDelta(const audit::Reader& reader, engine::Engine& engine,
                                  const DeltaExportOptions& options, const Clock& clock);

}  // namespace sluice::server
