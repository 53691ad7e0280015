#include "conformance/made_tables.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/crypto/crypto.h"
#include "base/json.h"

namespace sluice::conformance {
namespace {

// "long" -> "BIGINT"; decimals as they are.
std::string SqlTypeOf(const std::string& type) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes = {{
      {"boolean", "BOOLEAN"},
      {"byte", "TINYINT"},
      {"short", "SMALLINT"},
      {"integer", "INTEGER"},
      {"long", "BIGINT"},
      {"float", "FLOAT"},
      {"double", "DOUBLE"},
      {"string", "VARCHAR"},
      {"binary", "BLOB"},
      {"date", "DATE"},
      {"timestamp", "TIMESTAMPTZ"},
      {"timestamp_ntz", "TIMESTAMP"},
  }};
  const auto* const found =
      std::ranges::find(kTypes, type, [](const auto& row) { return row.first; });
  return found == kTypes.end() ? type : std::string(found->second);
}

std::string SchemaString(const MadeTable& table) {
  std::string fields;
  for (const auto& column : table.columns) {
    if (!fields.empty()) fields += ',';
    fields += "{\"name\":";
    json::AppendQuoted(column.name, fields);
    fields += ",\"type\":";
    if (column.type.starts_with('{')) {
      fields += column.type;
    } else {
      json::AppendQuoted(column.type, fields);
    }
    fields += ",\"nullable\":true,\"metadata\":" + column.metadata + '}';
  }
  return R"({"type":"struct","fields":[)" + fields + "]}";
}

}  // namespace

delta::Metadata MadeTable::Metadata() const {
  delta::Metadata metadata;
  metadata.id = StableUuid("table " + name);
  metadata.name = name;
  metadata.description = about;
  metadata.schema_string = SchemaString(*this);
  metadata.partition_columns = partition_columns;
  metadata.configuration = configuration;
  metadata.created_time = ToUnixMillis(MadeTime(0));
  return metadata;
}

const std::vector<MadeTable>& MadeTables() {
  static const std::vector<MadeTable> kTables = [] {
    std::vector<MadeTable> tables;
    for (auto make : {MadeTypeTables, MadePruningTables, MadeVersionTables, MadeFeatureTables}) {
      std::ranges::move(make(), std::back_inserter(tables));
    }
    return tables;
  }();
  return kTables;
}

const MadeTable* FindMadeTable(std::string_view name) {
  const auto& tables = MadeTables();
  const auto found = std::ranges::find(tables, name, &MadeTable::name);
  return found == tables.end() ? nullptr : &*found;
}

TimePoint MadeTime(delta::Version version) {
  using std::chrono::sys_days;
  constexpr std::chrono::year_month_day kFirst{std::chrono::year{2024}, std::chrono::January,
                                               std::chrono::day{1}};
  return TimePoint(sys_days(kFirst)) + std::chrono::days(version);
}

std::string StableUuid(std::string_view name) {
  constexpr std::array<unsigned char, 16> kNamespace = {0x9e, 0x03, 0x4c, 0xd1, 0x60, 0x2b,
                                                        0x4a, 0x77, 0xb5, 0xf8, 0x13, 0x0c,
                                                        0x88, 0x5e, 0x21, 0xa6};
  return crypto::UuidV5(kNamespace, name);
}

std::vector<const MadeFile*> LiveFiles(const MadeTable& table, delta::Version version) {
  std::vector<const MadeFile*> live;
  for (delta::Version v = 0; v <= version; ++v) {
    const MadeCommit& commit = table.commits.at(static_cast<size_t>(v));
    std::erase_if(live, [&](const MadeFile* file) {
      return std::ranges::find(commit.removes, file->name) != commit.removes.end();
    });
    for (const auto& file : commit.adds) live.push_back(&file);
  }
  return live;
}

MadeColumn Primitive(std::string name, std::string type) {
  std::string sql_type = SqlTypeOf(type);
  return {.name = std::move(name), .type = std::move(type), .sql_type = std::move(sql_type)};
}

}  // namespace sluice::conformance
