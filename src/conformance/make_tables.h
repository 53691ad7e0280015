// conformance/make_tables.h -- writes the suite's own tables, with all that is needed to share
// them.
//
// DIR/tables/<name> is a Delta table each; beside them stand README.md, sluice.yaml with
// profile.share, and reference-server.yaml. Each run writes the same rows in the same files, with
// the same times.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "conformance/made_tables.h"
#include "engine/engine.h"

namespace sluice::conformance {

// Called with each table's name once it is written.
using MadeTableSink = std::function<void(const MadeTable&)>;

// Into a folder that does not exist or is empty.
//
// Errors: kAlreadyExists  the folder holds something
//         kUnavailable    a file cannot be written, or the engine's library is not there
//         kInternal       the engine refuses a statement
Status MakeTables(engine::Engine& engine, const std::filesystem::path& dir,
                  const MadeTableSink& sink = {});

// One table, into a folder of its own.
Status WriteMadeTable(engine::Engine& engine, const MadeTable& table,
                      const std::filesystem::path& folder);

// The files beside the tables; `dir` is absolute.
std::string MadeReadme();
std::string MadeSluiceConfig(const std::filesystem::path& dir);
std::string MadeReferenceConfig();
std::string MadeProfile();
// What to do next, for the terminal.
std::string MadeNextSteps(const std::filesystem::path& dir);

}  // namespace sluice::conformance
