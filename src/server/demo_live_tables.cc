#include "server/demo_live_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/json.h"

namespace sluice::server {
namespace {

struct Column {
  const char* name;
  const char* type;
  const char* comment;
};

struct LiveTable {
  const char* name;
  const char* id;
  const char* description;
  bool replaces;
  std::vector<Column> columns;
  const char* select;  // {0}: the version, {1}: seconds since 1970
};

constexpr const char* kWarehouse = "list_value('Chicago', 'Hamburg', 'Puebla', 'Singapore')";

const std::vector<LiveTable>& Tables() {
  static const std::vector<LiveTable> kTables = {
      {"stock",
       "0b6f2f0e-6d1c-4f0e-9c55-3a8d0f6a1c01",
       "What lies in each warehouse; counted anew every six hours",
       true,
       {{"sku", "string", "As on the label"},
        {"warehouse", "string", "City"},
        {"on_hand", "integer", "Pieces on the shelf"},
        {"reserved", "integer", "Sold and not yet packed"},
        {"counted_at", "timestamp", "When it was counted"}},
       "SELECT 'SKU-' || lpad((1000 + i // 4)::VARCHAR, 7, '0') AS sku, "
       "{2}[1 + (i % 4)::INTEGER] AS warehouse, (hash(i, {0}) % 480)::INTEGER AS on_hand, "
       "(hash(i, {0}, 7) % 40)::INTEGER AS reserved, to_timestamp({1}) AS counted_at "
       "FROM range(8000) t(i)"},
      {"deliveries",
       "0b6f2f0e-6d1c-4f0e-9c55-3a8d0f6a1c02",
       "What is on its way to the warehouses; new ones each day",
       false,
       {{"delivery_id", "long", "Unique"},
        {"sku", "string", "As on the label"},
        {"warehouse", "string", "Where it goes"},
        {"quantity", "integer", "Pieces"},
        {"arrives_on", "date", "As the carrier says"}},
       "SELECT 1 + i + 1200 * {0} AS delivery_id, "
       "'SKU-' || lpad((1000 + (hash(i, {0}) % 2000))::VARCHAR, 7, '0') AS sku, "
       "{2}[1 + (hash(i, {0}, 3) % 4)::INTEGER] AS warehouse, "
       "(10 * (1 + hash(i, {0}, 5) % 60))::INTEGER AS quantity, "
       "(to_timestamp({1})::DATE + (1 + hash(i, {0}, 9) % 9)::INTEGER) AS arrives_on "
       "FROM range(1200) t(i)"},
  };
  return kTables;
}

std::string SchemaJson(const LiveTable& table) {
  json::Array fields;
  for (const Column& column : table.columns) {
    fields.push_back({{"name", column.name},
                      {"type", column.type},
                      {"nullable", true},
                      {"metadata", json::Object{{"comment", column.comment}}}});
  }
  return json::Serialize({{"type", "struct"}, {"fields", fields}});
}

delta::Metadata MetadataOf(const LiveTable& table, TimePoint now) {
  delta::Metadata metadata;
  metadata.id = table.id;
  metadata.name = table.name;
  metadata.description = table.description;
  metadata.schema_string = SchemaJson(table);
  metadata.created_time = ToUnixMillis(now);
  if (!table.replaces) metadata.configuration["delta.enableChangeDataFeed"] = "true";
  return metadata;
}

}  // namespace

Status DemoLiveTables::WriteNext(const std::string& name, TimePoint now) {
  const auto table = std::ranges::find(Tables(), name, &LiveTable::name);
  if (table == Tables().end()) return Fail(Code::kNotFound, "the demo has no live table " + name);
  auto found = live_.find(name);
  if (found == live_.end()) {
    auto writer = TRY(engine::TableWriter::Open(engine_, dir_ / name));
    found = live_.emplace(name, Live{std::move(writer)}).first;
  }
  Live& live = found->second;
  const std::string select =
      fmt::format(fmt::runtime(table->select), live.version, ToUnixMillis(now) / 1000, kWarehouse);
  std::vector<engine::StatsColumn> columns;
  for (const Column& column : table->columns) columns.push_back({column.name, column.type});
  const auto stats =
      TRY(engine_.Query("SELECT " + engine::StatsSql(columns) + " FROM (" + select + ")"));
  delta::Commit commit;
  commit.time = now;
  if (live.version == 0) {
    commit.protocol = delta::Protocol{};
    commit.protocol->min_writer_version = 4;  // the first with change feeds
    commit.metadata = MetadataOf(*table, now);
  }
  engine::DataFile file;
  file.name = fmt::format("part-{:05}.zstd.parquet", live.version);
  file.select = select;
  file.options = "COMPRESSION zstd";
  file.time = now;
  file.stats = stats.rows.at(0).at(0);
  delta::AddFile add = TRY(live.writer.WriteFile(file));
  if (table->replaces && live.version > 0) commit.removes = {{live.last_file, std::nullopt}};
  live.last_file = add.path;
  commit.adds.push_back(std::move(add));
  TRY(live.writer.Write(commit));
  ++live.version;
  return {};
}

}  // namespace sluice::server
