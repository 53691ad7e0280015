// engine/engine.h -- DuckDB in this process, for trusted work: checkpoints, rows to look at,
// and the demo's tables.
//
// libduckdb.so is opened on first use (dlopen), so that a server whose tables have no checkpoint
// never pays for it. It is looked for beside the binary, then in ../lib/sluice. One instance with a
// memory limit; no external access but to the files it is told to read. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "delta/checkpoint.h"
#include "engine/row_reader.h"

namespace sluice::engine {

struct EngineOptions {
  ByteCount memory_limit = GiB(2);
  unsigned threads = 0;        // 0: one a core
  std::string temp_directory;  // for sorts larger than memory; empty: none
};

class Engine {
 public:
  // Opens nothing yet. Destroy it before the process exits, never as a static: DuckDB keeps state
  // of its threads, the main thread too, and needs it to close.
  explicit Engine(EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Runs trusted statements, one after the other, and drops their rows.
  // Errors: kInternal  a statement failed (detail: DuckDB's text); kUnavailable  no libduckdb.so
  Status Execute(std::string_view sql);
  // The rows of one SELECT (no semicolon) as text; NULL is nullopt. For small answers.
  struct Table {
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
  };
  Result<Table> Query(std::string_view sql);

  // Reads checkpoints through this engine; lives as long as the engine.
  const delta::CheckpointReader& checkpoint_reader() const;
  // The same for rows.
  const RowReader& row_reader() const;

  // "v1.5.5", without opening an instance. Errors: kUnavailable
  Result<std::string> LibraryVersion();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::engine
