#include "conformance/make_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <system_error>

#include "conformance/made_rows.h"
#include "delta/deletion_vector_writer.h"
#include "engine/sql_text.h"
#include "engine/table_writer.h"

namespace sluice::conformance {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> Unwritten(const fs::path& path, const std::error_code& error) {
  return Fail(Code::kUnavailable, fmt::format("cannot write '{}'", path.string()), error.message());
}

class MadeTableWriter {
 public:
  MadeTableWriter(engine::Engine& engine, const MadeTable& table, fs::path folder,
                  engine::TableWriter writer)
      : engine_(engine), table_(table), folder_(std::move(folder)), writer_(std::move(writer)) {}

  Status Write() {
    for (delta::Version version = 0; version <= table_.Latest(); ++version) {
      TRY(WriteVersion(version));
      if (version == table_.checkpoint_version) TRY(writer_.WriteCheckpoint());
    }
    return CleanUp();
  }

 private:
  Status WriteVersion(delta::Version version) {
    const MadeCommit& planned = table_.commits.at(static_cast<size_t>(version));
    delta::Commit commit;
    commit.operation = planned.operation;
    commit.time = MadeTime(version);
    if (version == 0) {
      commit.protocol = table_.protocol;
      commit.metadata = table_.Metadata();
    }
    for (const auto& name : planned.removes) commit.removes.push_back(Remove(name));
    for (const auto& file : planned.adds) {
      delta::AddFile add = TRY(Add(file, version));
      live_[file.name] = add;
      commit.adds.push_back(std::move(add));
    }
    for (const auto& file : planned.changes) {
      const delta::AddFile add = TRY(WriteRows(file, FileKind::kChanges, commit.time));
      commit.cdc.push_back({add.path, add.partition_values, add.size});
    }
    return writer_.Write(commit);
  }

  // A file that is there already, because another deletion vector goes with it, is not written.
  Result<delta::AddFile> Add(const MadeFile& file, delta::Version version) {
    std::error_code ignored;
    delta::AddFile add;
    if (fs::exists(folder_ / file.name, ignored)) {
      add = live_.at(file.name);
    } else {
      add = TRY(WriteRows(file, FileKind::kData, MadeTime(version)));
      if (file.statistics) add.stats = TRY(Statistics(file));
    }
    if (file.deleted.empty()) return add;
    const std::string uuid = StableUuid(fmt::format("{} {} {}", table_.name, file.name, version));
    add.deletion_vector = TRY(delta::WriteDeletionVector(writer_.store(), uuid, file.deleted));
    return add;
  }

  // Rows that were written once are copied afterwards.
  Result<delta::AddFile> WriteRows(const MadeFile& file, FileKind kind, TimePoint time) {
    const auto [known, is_new] = by_rows_.try_emplace(file.rows);
    if (is_new) {
      engine::DataFile data{.name = file.name, .select = StoredRowsSql(table_, file, kind)};
      if (!table_.field_ids.empty()) data.options += ", " + table_.field_ids;
      data.partition_values = file.partition_values;
      data.time = time;
      delta::AddFile add = TRY(writer_.WriteFile(data));
      known->second = {file.name, add};
      return add;
    }
    std::error_code error;
    fs::copy_file(folder_ / known->second.first, folder_ / file.name, error);
    if (error) return Unwritten(folder_ / file.name, error);
    delta::AddFile add = known->second.second;
    add.path = file.name;
    add.partition_values = file.partition_values;
    add.modification_time = ToUnixMillis(time);
    return add;
  }

  Result<std::string> Statistics(const MadeFile& file) {
    std::vector<engine::StatsColumn> columns;
    for (const auto& column : table_.columns) {
      const bool in_files = std::ranges::find(table_.partition_columns, column.name) ==
                            table_.partition_columns.end();
      if (in_files && !column.type.starts_with('{')) {
        columns.push_back({column.InFiles(), column.type});
      }
    }
    const auto answer = TRY(engine_.Query("SELECT " + engine::StatsSql(columns) + " FROM (" +
                                          StoredRowsSql(table_, file) + ")"));
    std::string stats = answer.rows.at(0).at(0).value_or("{}");
    // Bounds stay true when rows go, but the rows that have them may be gone.
    if (table_.configuration.contains("delta.enableDeletionVectors")) {
      stats.insert(stats.size() - 1, R"(,"tightBounds":false)");
    }
    return stats;
  }

  delta::RemoveFile Remove(const std::string& name) {
    const delta::AddFile& add = live_.at(name);
    return {.path = add.path,
            .deletion_vector = add.deletion_vector,
            .partition_values = add.partition_values,
            .size = add.size};
  }

  Status CleanUp() const {
    for (int version = 0; version < table_.checkpoint_version; ++version) {
      const fs::path path = folder_ / fmt::format("_delta_log/{:020}.json", version);
      std::error_code error;
      fs::remove(path, error);
      if (error) return Unwritten(path, error);
    }
    return {};
  }

  engine::Engine& engine_;
  const MadeTable& table_;
  fs::path folder_;
  engine::TableWriter writer_;
  std::map<std::string, delta::AddFile> live_;
  std::map<std::string, std::pair<std::string, delta::AddFile>> by_rows_;
};

Status WriteText(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text << std::flush;
  if (!out) return Unwritten(path, std::make_error_code(std::errc::io_error));
  return {};
}

}  // namespace

Status WriteMadeTable(engine::Engine& engine, const MadeTable& table, const fs::path& folder) {
  MadeTableWriter writer(engine, table, folder, TRY(engine::TableWriter::Open(engine, folder)));
  return writer.Write();
}

Status MakeTables(engine::Engine& engine, const fs::path& dir, const MadeTableSink& sink) {
  std::error_code error;
  if (fs::exists(dir, error) && !fs::is_empty(dir, error)) {
    return Fail(Code::kAlreadyExists,
                fmt::format("'{}' is there and not empty: name a new folder", dir.string()));
  }
  fs::create_directories(dir, error);
  if (error) return Unwritten(dir, error);
  for (const auto& table : MadeTables()) {
    TRY_CONTEXT("table " + table.name, WriteMadeTable(engine, table, dir / "tables" / table.name));
    if (sink) sink(table);
  }
  TRY(WriteText(dir / "README.md", MadeReadme()));
  TRY(WriteText(dir / "sluice.yaml", MadeSluiceConfig(fs::absolute(dir).lexically_normal())));
  TRY(WriteText(dir / "profile.share", MadeProfile()));
  return WriteText(dir / "reference-server.yaml", MadeReferenceConfig());
}

}  // namespace sluice::conformance
