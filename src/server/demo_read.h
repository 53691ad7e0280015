// server/demo_read.h -- the demo's recipient: reads a shared table as any client does.
//
// Nothing but the endpoint and the token is known here: shares are listed, the table is queried,
// its files are fetched by their links, and DuckDB shows what is in them.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "engine/engine.h"

namespace sluice::server {

struct DemoReading {
  uint64_t files = 0;
  uint64_t bytes = 0;
  int64_t rows = 0;
  std::string text;  // first rows and timings, for the terminal
};

// Reads the table `share`.`schema`.`table` of the demo through the protocol. Files are kept in a
// folder below `dir` while they are needed. Errors: kUnavailable  the server does not answer;
// kInternal  it answers something else
Result<DemoReading> ReadBack(engine::Engine& engine, const std::string& endpoint,
                             const std::string& token, const std::filesystem::path& dir);

// Columns and rows as a table for people; cells are cut at 24 characters.
std::string RenderTable(const engine::Engine::Table& table);

}  // namespace sluice::server
