#include "server/demo_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/json.h"
#include "engine/sql_text.h"
#include "engine/table_writer.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;
using delta::AddFile;
using engine::SqlName;
using engine::SqlString;

// Names of things that would be random elsewhere: the same in each run.
std::string StableUuid(std::string_view name) {
  constexpr std::array<unsigned char, 16> kNamespace = {0x5c, 0x1d, 0x7e, 0x0a, 0x39, 0x42,
                                                        0x4f, 0x6b, 0x8e, 0x11, 0xd3, 0x6c,
                                                        0x27, 0xb8, 0x90, 0x4d};
  return crypto::UuidV5(kNamespace, name);
}

std::string SchemaJson(const DemoTable& table) {
  json::Array fields;
  for (const auto& column : table.columns) {
    fields.push_back({{"name", column.name},
                      {"type", column.delta_type},
                      {"nullable", true},
                      {"metadata", json::Object()}});
  }
  return json::Serialize({{"type", "struct"}, {"fields", fields}});
}

bool IsPartitionColumn(const DemoTable& table, const std::string& name) {
  return std::ranges::find(table.partition_columns, name) != table.partition_columns.end();
}

// The columns that are in the files.
std::vector<engine::StatsColumn> DataColumns(const DemoTable& table) {
  std::vector<engine::StatsColumn> columns;
  for (const auto& column : table.columns) {
    if (!IsPartitionColumn(table, column.name)) columns.push_back({column.name, column.delta_type});
  }
  return columns;
}

// "region=North America/order_month=2024-01-01/", as the folder on disk.
std::string PartitionFolder(const delta::PartitionValues& values) {
  std::string folder;
  for (const auto& [name, value] : values) folder += name + "=" + value.value_or("") + "/";
  return folder;
}

std::string PartitionWhere(const delta::PartitionValues& values) {
  std::string where;
  for (const auto& [name, value] : values) {
    where += " AND " + SqlName(name) + " = " + SqlString(value.value_or(""));
  }
  return where;
}

class DemoWriter {
 public:
  DemoWriter(engine::Engine& engine, const DemoTable& table, engine::TableWriter writer)
      : engine_(engine), table_(table), writer_(std::move(writer)) {}

  Status Write() {
    for (size_t version = 0; version < table_.commits.size(); ++version) {
      TRY(WriteVersion(static_cast<int>(version), table_.commits[version]));
      if (static_cast<int>(version) == table_.checkpoint_version) TRY(writer_.WriteCheckpoint());
    }
    return {};
  }

  DemoTableSize Size() const { return {rows_, live_.size(), table_.commits.size()}; }

 private:
  struct File {
    AddFile add;
    int64_t rows = 0;
  };

  delta::Metadata MetadataOf() const {
    delta::Metadata metadata;
    metadata.id = StableUuid("table " + table_.name);
    metadata.name = table_.name;
    metadata.description = table_.description;
    metadata.schema_string = SchemaJson(table_);
    metadata.partition_columns = table_.partition_columns;
    metadata.created_time = ToUnixMillis(table_.commits.front().time);
    return metadata;
  }

  Status WriteVersion(int version, const DemoCommit& planned) {
    delta::Commit commit;
    commit.operation = planned.operation;
    commit.time = planned.time;
    if (version == 0) {
      commit.protocol = delta::Protocol{};
      commit.metadata = MetadataOf();
    }
    const std::vector<File> files = TRY(WriteFiles(version, planned));
    if (planned.replaces_partitions) commit.removes = RemoveSamePartitions(files);
    for (const auto& file : files) {
      commit.adds.push_back(file.add);
      rows_ += file.rows;
      live_.push_back(file);
    }
    return writer_.Write(commit);
  }

  Result<std::vector<File>> WriteFiles(int version, const DemoCommit& planned) {
    std::vector<File> files;
    if (planned.source.empty()) return files;
    for (const auto& slice : planned.slices) {
      const std::string where = "(" + planned.where + ") AND (" + slice + ")";
      const auto groups = TRY(engine_.Query(GroupsSql(planned.source, where)));
      for (const auto& group : groups.rows) {
        files.push_back(TRY(WriteFile(version, files.size(), planned, where, group)));
      }
    }
    return files;
  }

  // Partition values in order, number of rows, statistics.
  std::string GroupsSql(const std::string& source, const std::string& where) const {
    std::string keys;
    for (const auto& name : table_.partition_columns) keys += SqlName(name) + ", ";
    return "SELECT " + keys + "count(*), " + engine::StatsSql(DataColumns(table_)) + " FROM " +
           source + " WHERE " + where + (keys.empty() ? "" : " GROUP BY ALL ORDER BY ALL");
  }

  Result<File> WriteFile(int version, size_t number, const DemoCommit& planned,
                         const std::string& where,
                         const std::vector<std::optional<std::string>>& group) {
    engine::DataFile data;
    const size_t keys = table_.partition_columns.size();
    for (size_t i = 0; i < keys; ++i) {
      data.partition_values.emplace_back(table_.partition_columns[i], group[i]);
    }
    data.name =
        fmt::format("{}part-{:05}-{}-c000.zstd.parquet", PartitionFolder(data.partition_values),
                    number, StableUuid(fmt::format("file {} {} {}", table_.name, version, number)));
    data.select = RowsSql(planned.source, where + PartitionWhere(data.partition_values));
    data.options = "COMPRESSION zstd";
    data.time = planned.time;
    data.stats = group[keys + 1];
    AddFile add = TRY(writer_.WriteFile(data));
    return File{std::move(add), std::stoll(group[keys].value_or("0"))};
  }

  std::string RowsSql(const std::string& source, const std::string& where) const {
    std::string columns;
    for (const auto& column : DataColumns(table_)) {
      columns += (columns.empty() ? "" : ", ") + SqlName(column.name);
    }
    return "SELECT " + columns + " FROM " + source + " WHERE " + where;
  }

  std::vector<delta::RemoveFile> RemoveSamePartitions(const std::vector<File>& files) {
    std::vector<delta::RemoveFile> removes;
    std::erase_if(live_, [&](const File& live) {
      const bool replaced = std::ranges::any_of(files, [&](const File& file) {
        return file.add.partition_values == live.add.partition_values;
      });
      if (!replaced) return false;
      removes.push_back({live.add.path, std::nullopt});
      rows_ -= live.rows;
      return true;
    });
    return removes;
  }

  engine::Engine& engine_;
  const DemoTable& table_;
  engine::TableWriter writer_;
  std::vector<File> live_;
  int64_t rows_ = 0;
};

}  // namespace

Result<DemoTableSize> WriteDemoTable(engine::Engine& engine, const DemoTable& table,
                                     const fs::path& folder) {
  DemoWriter writer(engine, table, TRY(engine::TableWriter::Open(engine, folder)));
  TRY(writer.Write());
  return writer.Size();
}

}  // namespace sluice::server
