// Tables whose files can be told apart without reading them: by partition values, by statistics,
// and by sheer number.
#include <fmt/format.h>

#include "conformance/made_tables.h"

namespace sluice::conformance {
namespace {

// A value in a folder's name, as Hive escapes it.
std::string HiveEscape(std::string_view value) {
  constexpr std::string_view kEscaped = "\"#%'*/:=?\\{[]^";
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || kEscaped.find(c) != std::string_view::npos) {
      text += fmt::format("%{:02X}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

std::string HiveFolder(const delta::PartitionValues& values) {
  std::string folder;
  for (const auto& [name, value] : values) {
    folder += name + '=' + (value ? HiveEscape(*value) : "__HIVE_DEFAULT_PARTITION__") + '/';
  }
  return folder;
}

MadeTable Partitioned() {
  MadeTable table;
  table.name = "partitioned";
  table.about = "Partitions by date and text: NULL, and characters that paths and URLs escape.";
  table.columns = {Primitive("id", "long"), Primitive("name", "string"), Primitive("day", "date"),
                   Primitive("city", "string")};
  table.partition_columns = {"day", "city"};
  using Value = std::optional<std::string>;
  const std::vector<std::pair<Value, Value>> values = {
      {"2024-01-01", "Paris"},      {"2024-01-01", "São Paulo"}, {"2024-01-02", "a/b c"},
      {"2024-01-02", "100% = 1?"},  {"2024-01-03", "x&y#z+%2F"}, {"2024-01-03", "it's \"so\""},
      {"2024-02-29", std::nullopt}, {std::nullopt, "Paris"},     {std::nullopt, std::nullopt}};
  MadeCommit commit{.operation = "WRITE"};
  for (size_t i = 0; i < values.size(); ++i) {
    delta::PartitionValues partition = {{"day", values[i].first}, {"city", values[i].second}};
    std::string name = HiveFolder(partition) + fmt::format("part-{}.parquet", i);
    commit.adds.push_back(
        {.name = std::move(name),
         .rows = fmt::format("SELECT i, 'row ' || i FROM range({}, {}) r(i)", 10 * i, 10 * i + 5),
         .partition_values = std::move(partition)});
  }
  table.commits = {commit};
  return table;
}

// Ranges that do not meet: file n has the ids 100n + 1 to 100n + 100, the other columns follow.
MadeTable Statistics() {
  MadeTable table;
  table.name = "stats";
  table.about =
      "Files whose statistics do not overlap, one without statistics, one with NULL only.";
  table.columns = {Primitive("id", "long"),      Primitive("name", "string"),
                   Primitive("score", "double"), Primitive("price", "decimal(10,2)"),
                   Primitive("day", "date"),     Primitive("moment", "timestamp")};
  MadeCommit commit{.operation = "WRITE"};
  for (int n = 0; n < 5; ++n) {
    commit.adds.push_back({.name = fmt::format("range-{}.parquet", n),
                           .rows = fmt::format(R"(
SELECT i, 'name-' || lpad(i::VARCHAR, 5, '0'), i / 4.0, i * 1.25,
  DATE '2024-01-01' + (i - 1)::INTEGER // 10,
  make_timestamptz(1704067200000000 + i * 3600000000 + 1)
FROM range({}, {}) r(i))",
                                               100 * n + 1, 100 * n + 101),
                           .statistics = n != 4});
  }
  commit.adds.push_back(
      {.name = "nulls.parquet",
       .rows = "SELECT i, NULL, NULL, NULL, NULL, NULL FROM range(501, 511) r(i)"});
  table.commits = {commit};
  return table;
}

// One row a file, told apart by the partition value; the bytes are the same.
MadeTable ManyFiles() {
  constexpr int kFiles = 2500;
  constexpr int kCommits = 5;
  MadeTable table;
  table.name = "many_files";
  table.about = "2,500 files of one row, in five versions: for paging and long answers.";
  table.columns = {Primitive("id", "long"), Primitive("part", "integer")};
  table.partition_columns = {"part"};
  for (int version = 0; version < kCommits; ++version) {
    MadeCommit commit{.operation = "WRITE"};
    for (int i = 0; i < kFiles / kCommits; ++i) {
      const int part = version * kFiles / kCommits + i;
      commit.adds.push_back({.name = fmt::format("part-{:05}.parquet", part),
                             .rows = "SELECT 1",
                             .partition_values = {{"part", std::to_string(part)}}});
    }
    table.commits.push_back(std::move(commit));
  }
  return table;
}

}  // namespace

std::vector<MadeTable> MadePruningTables() { return {Partitioned(), Statistics(), ManyFiles()}; }

}  // namespace sluice::conformance
