#include "engine/engine.h"

#include "engine/checkpoint_reader.h"
#include "engine/columns.h"
#include "engine/database.h"

namespace sluice::engine {

struct Engine::State {
  explicit State(EngineOptions options)
      : database(std::move(options)), reader(database), row_reader(database) {}

  Database database;
  DuckdbCheckpointReader reader;
  RowReader row_reader;
};

Engine::Engine(EngineOptions options) : state_(std::make_unique<State>(std::move(options))) {}

Engine::~Engine() = default;

Status Engine::Execute(std::string_view sql) {
  Connection connection = TRY(state_->database.Connect());
  TRY(connection.Run(sql));
  return {};
}

Result<Engine::Table> Engine::Query(std::string_view sql) {
  Connection connection = TRY(state_->database.Connect());
  // The engine's own casts turn every type into text, nested ones too.
  Rows rows =
      TRY(connection.Run("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM (" + std::string(sql) + "\n)"));
  Table table;
  for (idx_t i = 0; i < rows.columns(); ++i) table.columns.push_back(rows.ColumnName(i));
  while (true) {
    const Chunk chunk = TRY(rows.Next());
    if (chunk.size() == 0) return table;
    std::vector<TextColumn> columns;
    columns.reserve(table.columns.size());
    for (idx_t i = 0; i < table.columns.size(); ++i) {
      columns.emplace_back(connection.api(), chunk.vector(i));
    }
    for (idx_t row = 0; row < chunk.size(); ++row) {
      auto& texts = table.rows.emplace_back();
      for (const auto& column : columns) texts.push_back(column.Get(row));
    }
  }
}

const delta::CheckpointReader& Engine::checkpoint_reader() const { return state_->reader; }

const RowReader& Engine::row_reader() const { return state_->row_reader; }

Result<std::string> Engine::LibraryVersion() {
  const DuckdbApi* api = TRY(LoadDuckdb());
  return std::string(api->library_version());
}

}  // namespace sluice::engine
