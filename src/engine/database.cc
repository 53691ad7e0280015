#include "engine/database.h"

#include <fmt/format.h>

#include <array>
#include <thread>
#include <vector>

#include "engine/sql_text.h"

namespace sluice::engine {
namespace {

// Faults that may pass; all others lie in the statement or in the data.
bool IsPassing(duckdb_error_type type) {
  constexpr std::array kPassing = {DUCKDB_ERROR_IO,        DUCKDB_ERROR_OUT_OF_MEMORY,
                                   DUCKDB_ERROR_INTERRUPT, DUCKDB_ERROR_CONNECTION,
                                   DUCKDB_ERROR_NETWORK,   DUCKDB_ERROR_HTTP};
  for (const auto passing : kPassing) {
    if (type == passing) return true;
  }
  return false;
}

// Preparing gives no error type, only a text that begins with its name.
duckdb_error_type TypeFromText(std::string_view text) {
  if (text.starts_with("IO Error")) return DUCKDB_ERROR_IO;
  if (text.starts_with("Out of Memory")) return DUCKDB_ERROR_OUT_OF_MEMORY;
  return DUCKDB_ERROR_INVALID;
}

std::unexpected<Error> Failure(duckdb_error_type type, const char* text) {
  const Code code = IsPassing(type) ? Code::kUnavailable : Code::kInternal;
  return Fail(code, "the query engine failed", text == nullptr ? "no text" : text);
}

// The C functions read to the first NUL: behind it a statement would go unseen.
Result<std::string> StatementText(std::string_view sql) {
  if (sql.find('\0') != std::string_view::npos) {
    return Fail(Code::kInternal, "the query engine failed", "NUL in a statement");
  }
  return std::string(sql);
}

using Settings = std::vector<std::pair<std::string, std::string>>;

Settings SettingsFor(const EngineOptions& options) {
  const unsigned cores = std::thread::hardware_concurrency();
  const unsigned threads = options.threads != 0 ? options.threads : (cores != 0 ? cores : 1);
  return {
      {"memory_limit", fmt::format("{}KiB", options.memory_limit.value / 1024)},
      {"threads", std::to_string(threads)},
      {"temp_directory", options.temp_directory},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_unsigned_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"allow_persistent_secrets", "false"},
      // Checkpoints are read once: what they held is kept by snapshots.
      {"enable_external_file_cache", "false"},
  };
}

}  // namespace

Rows::~Rows() {
  api_->destroy_result(&result_);
  api_->destroy_prepare(&prepared_);
}

Result<Chunk> Rows::Next() {
  Chunk chunk(*api_, api_->fetch_chunk(result_));
  if (chunk.size() == 0) {
    const char* text = api_->result_error(&result_);
    if (text != nullptr) return Failure(api_->result_error_type(&result_), text);
  }
  return chunk;
}

Result<Rows> Connection::Run(std::string_view sql) {
  const std::string text = TRY(StatementText(sql));
  Rows rows(*api_);
  if (api_->query(connection_, text.c_str(), &rows.result_) != DuckDBSuccess) {
    return Failure(api_->result_error_type(&rows.result_), api_->result_error(&rows.result_));
  }
  return rows;
}

Result<Rows> Connection::Stream(std::string_view sql) {
  const std::string text = TRY(StatementText(sql));
  Rows rows(*api_);
  if (api_->prepare(connection_, text.c_str(), &rows.prepared_) != DuckDBSuccess) {
    const char* error = api_->prepare_error(rows.prepared_);
    return Failure(TypeFromText(error == nullptr ? "" : error), error);
  }
  if (api_->execute_prepared_streaming(rows.prepared_, &rows.result_) != DuckDBSuccess) {
    return Failure(api_->result_error_type(&rows.result_), api_->result_error(&rows.result_));
  }
  return rows;
}

Database::~Database() {
  if (database_ != nullptr) api_->close(&database_);
}

Status Database::Open() {
  const DuckdbApi* api = TRY(LoadDuckdb());
  duckdb_config config = nullptr;
  if (api->create_config(&config) != DuckDBSuccess) {
    return Fail(Code::kUnavailable, "the query engine cannot be opened", "no configuration");
  }
  std::string failure;
  for (const auto& [name, value] : SettingsFor(options_)) {
    if (api->set_config(config, name.c_str(), value.c_str()) != DuckDBSuccess) {
      failure = "setting " + name + " was refused";
    }
  }
  if (failure.empty()) {
    char* text = nullptr;
    if (api->open_ext(":memory:", &database_, config, &text) != DuckDBSuccess) {
      failure = text == nullptr ? "no text" : text;
    }
    if (text != nullptr) api->free(text);
  }
  api->destroy_config(&config);
  if (!failure.empty()) {
    return Fail(Code::kUnavailable, "the query engine cannot be opened", std::move(failure));
  }
  api_ = api;
  return {};
}

Result<Connection> Database::Connect() {
  const std::scoped_lock lock(mutex_);
  const bool first = database_ == nullptr;
  if (first) TRY(Open());
  duckdb_connection connection = nullptr;
  if (api_->connect(database_, &connection) != DuckDBSuccess) {
    return Fail(Code::kUnavailable, "the query engine refuses connections");
  }
  Connection opened(*api_, connection);
  if (first) {
    auto locked = opened.Run("SET GLOBAL lock_configuration = true");
    if (!locked.has_value()) return std::unexpected(std::move(locked).error());
  }
  return opened;
}

}  // namespace sluice::engine
