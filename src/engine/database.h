// engine/database.h -- the one DuckDB instance, its connections, and results that clean up after
// themselves.
//
// Lock-down: trusted statements name local files anywhere on the machine (a table's location is
// known only when it is asked for), so external access cannot be switched off here, nor narrowed to
// a list of paths, which is fixed once it is in force. What is shut instead: no extension is loaded
// or installed by a statement, none that is unsigned or of the community; no secrets on disk; the
// configuration is locked after opening. No text from outside may become SQL: every name goes
// through engine/sql_text.h.
#pragma once

#include <duckdb.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "engine/duckdb_api.h"
#include "engine/engine.h"

namespace sluice::engine {

// A chunk of rows; its vectors are flat. Empty: the result has ended.
class Chunk {
 public:
  Chunk(const DuckdbApi& api, duckdb_data_chunk chunk) : api_(&api), chunk_(chunk) {}
  Chunk(Chunk&& other) noexcept : api_(other.api_), chunk_(std::exchange(other.chunk_, nullptr)) {}
  Chunk& operator=(Chunk&&) = delete;
  ~Chunk() { api_->destroy_data_chunk(&chunk_); }

  idx_t size() const { return chunk_ == nullptr ? 0 : api_->data_chunk_get_size(chunk_); }
  duckdb_vector vector(idx_t column) const { return api_->data_chunk_get_vector(chunk_, column); }

 private:
  const DuckdbApi* api_;
  duckdb_data_chunk chunk_;
};

// The rows of a statement, chunk by chunk.
class Rows {
 public:
  explicit Rows(const DuckdbApi& api) : api_(&api) {}
  Rows(Rows&& other) noexcept
      : api_(other.api_),
        prepared_(std::exchange(other.prepared_, nullptr)),
        result_(std::exchange(other.result_, duckdb_result{})) {}
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  // The next chunk, empty at the end. Errors: as Connection::Run
  Result<Chunk> Next();

  idx_t columns() { return api_->column_count(&result_); }
  std::string ColumnName(idx_t column) { return api_->column_name(&result_, column); }
  // The caller destroys it (LogicalType in engine/parquet_schema.h does).
  duckdb_logical_type ColumnType(idx_t column) {
    return api_->column_logical_type(&result_, column);
  }

 private:
  friend class Connection;
  const DuckdbApi* api_;
  duckdb_prepared_statement prepared_ = nullptr;
  duckdb_result result_{};
};

// One thread at a time. A streamed result ends with the next statement of its connection.
class Connection {
 public:
  Connection(const DuckdbApi& api, duckdb_connection connection)
      : api_(&api), connection_(connection) {}
  Connection(Connection&& other) noexcept
      : api_(other.api_), connection_(std::exchange(other.connection_, nullptr)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection() { api_->disconnect(&connection_); }

  // Runs statements to their end and keeps the rows of the last one.
  // Errors: kUnavailable  a file or the memory failed; kInternal  anything else (detail: the
  // engine's
  //         text, which holds paths)
  Result<Rows> Run(std::string_view sql);
  // Runs one statement while its rows are fetched, so that they are never all in memory.
  Result<Rows> Stream(std::string_view sql);

  // Ends the statement that runs, from another thread: it fails with kUnavailable.
  void Interrupt() { api_->interrupt(connection_); }

  const DuckdbApi& api() const { return *api_; }

 private:
  const DuckdbApi* api_;
  duckdb_connection connection_;
};

// Opens on first use. Thread-safe.
class Database {
 public:
  explicit Database(EngineOptions options) : options_(std::move(options)) {}
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Errors: kUnavailable  no library, or the instance cannot be opened
  Result<Connection> Connect();

 private:
  Status Open();  // under mutex_

  EngineOptions options_;
  std::mutex mutex_;
  const DuckdbApi* api_ = nullptr;
  duckdb_database database_ = nullptr;
};

}  // namespace sluice::engine
