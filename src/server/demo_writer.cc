#include "server/demo_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <system_error>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/encoding.h"
#include "base/json.h"
#include "delta/commit.h"
#include "engine/sql_text.h"
#include "storage/object_store.h"

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
std::vector<DemoColumn> DataColumns(const DemoTable& table) {
  std::vector<DemoColumn> columns;
  for (const auto& column : table.columns) {
    if (!IsPartitionColumn(table, column.name)) columns.push_back(column);
  }
  return columns;
}

// A bound in statistics: times in ISO 8601, the rest as JSON has it.
std::string BoundSql(const DemoColumn& column, std::string_view aggregate) {
  std::string value = std::string(aggregate) + "(" + SqlName(column.name) + ")";
  if (column.delta_type != "timestamp") return value;
  return "strftime(make_timestamp(epoch_us(" + value + ")), '%Y-%m-%dT%H:%M:%S.%gZ')";
}

// {"numRecords": ..., "minValues": {...}, "maxValues": {...}, "nullCount": {...}} of a group of
// rows.
std::string StatsSql(const std::vector<DemoColumn>& columns) {
  std::string min;
  std::string max;
  std::string nulls;
  const auto append = [](std::string& list, const DemoColumn& column, const std::string& value) {
    list += (list.empty() ? "" : ", ") + SqlName(column.name) + ": " + value;
  };
  for (const auto& column : columns) {
    append(nulls, column, "count(*) - count(" + SqlName(column.name) + ")");
    if (column.delta_type == "boolean") continue;
    append(min, column, BoundSql(column, "min"));
    append(max, column, BoundSql(column, "max"));
  }
  return "CAST(to_json({\"numRecords\": count(*), \"minValues\": {" + min + "}, \"maxValues\": {" +
         max + "}, \"nullCount\": {" + nulls + "}}) AS VARCHAR)";
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

class TableWriter {
 public:
  TableWriter(engine::Engine& engine, const DemoTable& table, fs::path folder,
              std::unique_ptr<storage::ObjectStore> store)
      : engine_(engine), table_(table), folder_(std::move(folder)), store_(std::move(store)) {}

  Status Write() {
    for (size_t version = 0; version < table_.commits.size(); ++version) {
      TRY(WriteVersion(static_cast<int>(version), table_.commits[version]));
      if (static_cast<int>(version) == table_.checkpoint_version) TRY(WriteCheckpoint());
    }
    return {};
  }

  DemoTableSize Size() const { return {rows_, live_.size(), table_.commits.size()}; }

 private:
  struct File {
    AddFile add;
    int64_t rows = 0;
  };
  struct Tombstone {
    std::string path;
    TimePoint time;
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
    if (planned.replaces_partitions) commit.removes = RemoveSamePartitions(files, planned.time);
    for (const auto& file : files) {
      commit.adds.push_back(file.add);
      rows_ += file.rows;
      live_.push_back(file);
    }
    TRY(delta::WriteCommit(*store_, version, commit));
    return SetTime(fmt::format("{:020}.json", version), planned.time);
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
    return "SELECT " + keys + "count(*), " + StatsSql(DataColumns(table_)) + " FROM " + source +
           " WHERE " + where + (keys.empty() ? "" : " GROUP BY ALL ORDER BY ALL");
  }

  Result<File> WriteFile(int version, size_t number, const DemoCommit& planned,
                         const std::string& where,
                         const std::vector<std::optional<std::string>>& group) {
    File file;
    const size_t keys = table_.partition_columns.size();
    for (size_t i = 0; i < keys; ++i) {
      file.add.partition_values.emplace_back(table_.partition_columns[i], group[i]);
    }
    const std::string name =
        fmt::format("{}part-{:05}-{}-c000.zstd.parquet", PartitionFolder(file.add.partition_values),
                    number, StableUuid(fmt::format("file {} {} {}", table_.name, version, number)));
    TRY(CopyRows(planned.source, where + PartitionWhere(file.add.partition_values), name));

    std::error_code error;
    file.add.size = static_cast<int64_t>(fs::file_size(folder_ / name, error));
    if (error) return Fail(Code::kUnavailable, "a demo file is gone", error.message());
    file.add.path = PercentEncode(name, "/=");
    file.add.modification_time = ToUnixMillis(planned.time);
    file.add.stats = group[keys + 1];
    file.rows = std::stoll(group[keys].value_or("0"));
    return file;
  }

  Status CopyRows(const std::string& source, const std::string& where, const std::string& name) {
    std::error_code error;
    fs::create_directories((folder_ / name).parent_path(), error);
    if (error) return Fail(Code::kUnavailable, "cannot make a folder", error.message());
    std::string columns;
    for (const auto& column : DataColumns(table_)) {
      columns += (columns.empty() ? "" : ", ") + SqlName(column.name);
    }
    return engine_.Execute("COPY (SELECT " + columns + " FROM " + source + " WHERE " + where +
                           ") TO " + SqlString((folder_ / name).string()) +
                           " (FORMAT parquet, COMPRESSION zstd)");
  }

  std::vector<delta::RemoveFile> RemoveSamePartitions(const std::vector<File>& files,
                                                      TimePoint time) {
    std::vector<delta::RemoveFile> removes;
    std::erase_if(live_, [&](const File& live) {
      const bool replaced = std::ranges::any_of(files, [&](const File& file) {
        return file.add.partition_values == live.add.partition_values;
      });
      if (!replaced) return false;
      removes.push_back({live.add.path, std::nullopt});
      tombstones_.push_back({live.add.path, time});
      rows_ -= live.rows;
      return true;
    });
    return removes;
  }

  Status WriteCheckpoint();

  // Readers without in-commit timestamps take a commit's time from its file.
  Status SetTime(const std::string& log_file, TimePoint time) const {
    std::error_code error;
    fs::last_write_time(folder_ / "_delta_log" / log_file, std::chrono::file_clock::from_sys(time),
                        error);
    if (error) return Fail(Code::kUnavailable, "cannot set a file's time", error.message());
    return {};
  }

  engine::Engine& engine_;
  const DemoTable& table_;
  fs::path folder_;
  std::unique_ptr<storage::ObjectStore> store_;
  std::vector<File> live_;
  std::vector<Tombstone> tombstones_;
  int64_t rows_ = 0;
};

constexpr std::string_view kProtocolType =
    R"(STRUCT("minReaderVersion" INTEGER, "minWriterVersion" INTEGER))";
constexpr std::string_view kMetadataType =
    R"(STRUCT(id VARCHAR, name VARCHAR, description VARCHAR,
       format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), "schemaString" VARCHAR,
       "partitionColumns" VARCHAR[], configuration MAP(VARCHAR, VARCHAR), "createdTime" BIGINT))";
constexpr std::string_view kAddType =
    R"(STRUCT(path VARCHAR, "partitionValues" MAP(VARCHAR, VARCHAR), size BIGINT,
       "modificationTime" BIGINT, "dataChange" BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR)))";
constexpr std::string_view kRemoveType =
    R"(STRUCT(path VARCHAR, "deletionTimestamp" BIGINT, "dataChange" BOOLEAN))";

// A row of the checkpoint: one of the actions, the others NULL.
std::string ActionSql(std::string_view action, const std::string& value) {
  std::string list =
      R"(NULL::STRUCT("appId" VARCHAR, version BIGINT, "lastUpdated" BIGINT) AS txn)";
  for (const auto& [name, type] : {std::pair{std::string_view("add"), kAddType},
                                   std::pair{std::string_view("remove"), kRemoveType},
                                   std::pair{std::string_view("metaData"), kMetadataType},
                                   std::pair{std::string_view("protocol"), kProtocolType}}) {
    list +=
        fmt::format(", CAST({} AS {}) AS {}", name == action ? value : "NULL", type, SqlName(name));
  }
  return "SELECT " + list;
}

std::string TextListSql(const std::vector<std::string>& texts) {
  std::string list;
  for (const auto& text : texts) list += (list.empty() ? "" : ", ") + SqlString(text);
  return "[" + list + "]::VARCHAR[]";
}

std::string AddSql(const AddFile& add) {
  std::vector<std::string> names;
  std::vector<std::string> values;
  for (const auto& [name, value] : add.partition_values) {
    names.push_back(name);
    values.push_back(value.value_or(""));
  }
  return fmt::format(
      R"({{path: {}, "partitionValues": MAP({}, {}), size: {}, "modificationTime": {},
          "dataChange": false, stats: {}, tags: NULL}})",
      SqlString(add.path), TextListSql(names), TextListSql(values), add.size, add.modification_time,
      SqlString(add.stats.value_or("{}")));
}

std::string MetadataSql(const delta::Metadata& metadata) {
  return fmt::format(
      R"({{id: {}, name: {}, description: {}, format: {{provider: 'parquet', options: MAP {{}}}},
          "schemaString": {}, "partitionColumns": {}, configuration: MAP {{}}, "createdTime": {}}})",
      SqlString(metadata.id), SqlString(metadata.name.value_or("")),
      SqlString(metadata.description.value_or("")), SqlString(metadata.schema_string),
      TextListSql(metadata.partition_columns), metadata.created_time.value_or(0));
}

Status TableWriter::WriteCheckpoint() {
  std::string rows = ActionSql("protocol", R"({"minReaderVersion": 1, "minWriterVersion": 2})") +
                     " UNION ALL " + ActionSql("metaData", MetadataSql(MetadataOf()));
  for (const auto& file : live_) rows += " UNION ALL " + ActionSql("add", AddSql(file.add));
  for (const auto& gone : tombstones_) {
    rows += " UNION ALL " +
            ActionSql("remove",
                      fmt::format(R"({{path: {}, "deletionTimestamp": {}, "dataChange": false}})",
                                  SqlString(gone.path), ToUnixMillis(gone.time)));
  }
  const std::string name =
      fmt::format("_delta_log/{:020}.checkpoint.parquet", table_.checkpoint_version);
  TRY(engine_.Execute("COPY (" + rows + ") TO " + SqlString((folder_ / name).string()) +
                      " (FORMAT parquet, COMPRESSION snappy)"));
  std::error_code error;
  const auto bytes = fs::file_size(folder_ / name, error);
  if (error) return Fail(Code::kUnavailable, "a demo file is gone", error.message());
  return store_->PutIfAbsent(
      "_delta_log/_last_checkpoint",
      fmt::format(R"({{"version":{},"size":{},"sizeInBytes":{},"numOfAddFiles":{}}})",
                  table_.checkpoint_version, 2 + live_.size() + tombstones_.size(), bytes,
                  live_.size()));
}

}  // namespace

Result<DemoTableSize> WriteDemoTable(engine::Engine& engine, const DemoTable& table,
                                     const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder / "_delta_log", error);
  if (error) return Fail(Code::kUnavailable, "cannot make the demo's folder", error.message());
  TableWriter writer(engine, table, folder, TRY(storage::OpenLocalStore(folder.string())));
  TRY(writer.Write());
  return writer.Size();
}

}  // namespace sluice::server
