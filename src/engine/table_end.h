// engine/table_end.h -- where a Delta table on this machine stands, for a program that goes on with
// it: the newest version, and how far the program itself had come by then.
//
// Source: Delta PROTOCOL.md, "Transaction Identifiers", "Commit Provenance Information".
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/commit.h"
#include "engine/engine.h"

namespace sluice::engine {

struct TableEnd {
  delta::Version version = 0;
  delta::Protocol protocol;
  delta::Metadata metadata;
  // Of this program, its newest. Nothing: it has not written here, or that is cleaned up.
  std::optional<delta::Transaction> transaction;
  // What its commit said beside it; empty too where that is in a checkpoint alone.
  std::string user_metadata;
};

// Nothing: there is no table. Reads the whole log, as a reader of the table does.
// Errors: those of delta::Snapshots
Result<std::optional<TableEnd>> FindTableEnd(Engine& engine, const std::filesystem::path& folder,
                                             std::string_view app_id);

}  // namespace sluice::engine
