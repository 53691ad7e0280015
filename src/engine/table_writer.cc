#include "engine/table_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/encoding.h"
#include "engine/sql_text.h"

namespace sluice::engine {
namespace {

namespace fs = std::filesystem;
using delta::AddFile;

bool IsReal(const StatsColumn& column) {
  return column.delta_type == "float" || column.delta_type == "double";
}

// A bound in statistics: times in ISO 8601, the rest as JSON has it; none where JSON has no number.
std::string BoundSql(const StatsColumn& column, std::string_view aggregate) {
  const std::string name = SqlName(column.name);
  std::string value = std::string(aggregate) + "(" + name + ")";
  if (IsReal(column)) return "CASE WHEN bool_and(isfinite(" + name + ")) THEN " + value + " END";
  if (column.delta_type != "timestamp" && column.delta_type != "timestamp_ntz") return value;
  const std::string_view zone = column.delta_type == "timestamp" ? "Z" : "";
  return fmt::format("strftime(make_timestamp(epoch_us({})), '%Y-%m-%dT%H:%M:%S.%g{}')", value,
                     zone);
}

bool HasBounds(const StatsColumn& column) {
  return column.delta_type != "boolean" && column.delta_type != "binary";
}

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
  std::vector<std::string> keys;
  std::vector<std::string> values;
  for (const auto& [key, value] : metadata.configuration) {
    keys.push_back(key);
    values.push_back(value);
  }
  return fmt::format(
      R"({{id: {}, name: {}, description: {}, format: {{provider: 'parquet', options: MAP {{}}}},
          "schemaString": {}, "partitionColumns": {}, configuration: MAP({}, {}),
          "createdTime": {}}})",
      SqlString(metadata.id), SqlString(metadata.name.value_or("")),
      SqlString(metadata.description.value_or("")), SqlString(metadata.schema_string),
      TextListSql(metadata.partition_columns), TextListSql(keys), TextListSql(values),
      metadata.created_time.value_or(0));
}

std::unexpected<Error> Failed(std::string message, const std::error_code& error) {
  return Fail(Code::kUnavailable, std::move(message), error.message());
}

Status BringToDisk(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::fsync(fd) == 0;
  const std::error_code error(errno, std::generic_category());
  if (fd >= 0) ::close(fd);
  if (!done) return Failed("a file of the table cannot be brought to the disk", error);
  return {};
}

}  // namespace

std::string StatsSql(const std::vector<StatsColumn>& columns) {
  std::string min;
  std::string max;
  std::string nulls;
  const auto append = [](std::string& list, const StatsColumn& column, const std::string& value) {
    list += (list.empty() ? "" : ", ") + SqlName(column.name) + ": " + value;
  };
  for (const auto& column : columns) {
    append(nulls, column, "count(*) - count(" + SqlName(column.name) + ")");
    if (!HasBounds(column)) continue;
    append(min, column, BoundSql(column, "min"));
    append(max, column, BoundSql(column, "max"));
  }
  std::string members = "\"numRecords\": count(*)";
  const auto add = [&](std::string_view name, const std::string& list) {
    if (!list.empty()) members += fmt::format(", \"{}\": {{{}}}", name, list);
  };
  add("minValues", min);
  add("maxValues", max);
  add("nullCount", nulls);
  // Merging drops the members that are null: the bounds that there are none of.
  return "json_merge_patch('{}', to_json({" + members + "}))::VARCHAR";
}

Result<TableWriter> TableWriter::Open(Engine& engine, const fs::path& folder,
                                      delta::Version next_version) {
  std::error_code error;
  fs::create_directories(folder / "_delta_log", error);
  if (error) return Failed("cannot make the table's folder", error);
  auto store = TRY(storage::OpenLocalStore(folder.string()));
  return TableWriter(engine, folder, std::move(store), next_version);
}

Result<AddFile> TableWriter::WriteFile(const DataFile& file) const {
  const fs::path path = folder_ / file.name;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return Failed("cannot make a folder of the table", error);
  TRY(engine_->Execute("COPY (" + file.select + ") TO " + SqlString(path.string()) +
                       " (FORMAT parquet, " + file.options + ")"));
  AddFile add;
  add.size = static_cast<int64_t>(fs::file_size(path, error));
  if (error) return Failed("a file of the table is gone", error);
  // The store says what the log says: a file is as old as the commit it came with.
  fs::last_write_time(path, std::chrono::file_clock::from_sys(file.time), error);
  if (error) return Failed("cannot set a file's time", error);
  if (file.durable) {
    TRY(BringToDisk(path));
    TRY(BringToDisk(path.parent_path()));
    TRY(BringToDisk(folder_));  // the entry of a folder that is new
  }
  add.path = PercentEncode(file.name, "/=");
  add.partition_values = file.partition_values;
  add.modification_time = ToUnixMillis(file.time);
  add.stats = file.stats;
  return add;
}

Status TableWriter::Write(const delta::Commit& commit) {
  if (commit.protocol) protocol_ = *commit.protocol;
  if (commit.metadata) metadata_ = *commit.metadata;
  for (const auto& remove : commit.removes) {
    std::erase_if(live_, [&](const AddFile& add) { return add.path == remove.path; });
    tombstones_.emplace_back(remove.path, commit.time);
  }
  for (const auto& add : commit.adds) live_.push_back(add);
  const delta::Version version = next_version_;
  TRY(delta::WriteCommit(*store_, version, commit));
  ++next_version_;
  // Readers without in-commit timestamps take a commit's time from its file.
  std::error_code error;
  fs::last_write_time(folder_ / "_delta_log" / fmt::format("{:020}.json", version),
                      std::chrono::file_clock::from_sys(commit.time), error);
  if (error) return Failed("cannot set a file's time", error);
  return {};
}

Status TableWriter::WriteCheckpoint() const {
  std::string rows =
      ActionSql("protocol",
                fmt::format(R"({{"minReaderVersion": {}, "minWriterVersion": {}}})",
                            protocol_.min_reader_version, protocol_.min_writer_version)) +
      " UNION ALL " + ActionSql("metaData", MetadataSql(metadata_));
  for (const auto& add : live_) rows += " UNION ALL " + ActionSql("add", AddSql(add));
  for (const auto& [path, time] : tombstones_) {
    rows += " UNION ALL " +
            ActionSql("remove",
                      fmt::format(R"({{path: {}, "deletionTimestamp": {}, "dataChange": false}})",
                                  SqlString(path), ToUnixMillis(time)));
  }
  const delta::Version version = next_version_ - 1;
  const fs::path file = folder_ / fmt::format("_delta_log/{:020}.checkpoint.parquet", version);
  TRY(engine_->Execute("COPY (" + rows + ") TO " + SqlString(file.string()) +
                       " (FORMAT parquet, COMPRESSION snappy)"));
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  if (error) return Failed("a file of the table is gone", error);
  return store_->PutIfAbsent(
      "_delta_log/_last_checkpoint",
      fmt::format(R"({{"version":{},"size":{},"sizeInBytes":{},"numOfAddFiles":{}}})", version,
                  2 + live_.size() + tombstones_.size(), bytes, live_.size()));
}

}  // namespace sluice::engine
