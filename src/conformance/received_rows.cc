#include "conformance/received_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/sql_text.h"

namespace sluice::conformance {
namespace {

using engine::SqlName;
using engine::SqlString;

enum class Form { kRows, kChanges };

void Append(std::string& list, const std::string& item) {
  if (!list.empty()) list += ", ";
  list += item;
}

// A partition value as clients take it: an empty text is NULL.
std::string PartitionSql(const MadeColumn& column, const ReceivedFile& file) {
  const auto* value = file.partition_values.if_contains(column.InFiles());
  const bool given = value != nullptr && value->is_string() && !value->get_string().empty();
  const std::string text = given ? SqlString(std::string(value->get_string())) : "NULL";
  return fmt::format("TRY_CAST({} AS {})", text, column.sql_type);
}

std::string ColumnSql(const MadeTable& table, const MadeColumn& column, const ReceivedFile& file) {
  const bool partition =
      std::ranges::find(table.partition_columns, column.name) != table.partition_columns.end();
  if (partition) return PartitionSql(column, file);
  const std::string read = column.read_sql.empty() ? SqlName(column.InFiles()) : column.read_sql;
  return fmt::format("({})::{}", read, column.sql_type);
}

// A literal that the engine takes for this file alone; our own paths have no backslash.
std::string FileSql(const std::string& path) { return engine::SqlFile(path).value_or("''"); }

std::string FileRowsSql(const MadeTable& table, const ReceivedFile& file, Form form) {
  std::string columns;
  for (const auto& column : table.columns) {
    Append(columns, fmt::format("{} AS {}", ColumnSql(table, column, file), SqlName(column.name)));
  }
  if (form == Form::kChanges) {
    Append(columns, file.change_type.empty() ? std::string("_change_type::VARCHAR AS _change_type")
                                             : SqlString(file.change_type) + " AS _change_type");
    Append(columns, fmt::format("{}::BIGINT AS _commit_version", file.version.value_or(-1)));
  }
  std::string sql = fmt::format(
      "SELECT {} FROM read_parquet({}, file_row_number = true, hive_partitioning = false)", columns,
      FileSql(file.path));
  std::string deleted;
  for (const uint64_t row : file.deleted) Append(deleted, std::to_string(row));
  if (!deleted.empty()) sql += " WHERE file_row_number NOT IN (" + deleted + ")";
  return sql;
}

std::string AllRowsSql(const MadeTable& table, const std::vector<ReceivedFile>& files, Form form) {
  std::string columns;
  for (const auto& column : table.columns) {
    Append(columns, fmt::format("NULL::{} AS {}", column.sql_type, SqlName(column.name)));
  }
  if (form == Form::kChanges) {
    columns += ", NULL::VARCHAR AS _change_type, NULL::BIGINT AS _commit_version";
  }
  std::string sql = "SELECT " + columns + " WHERE false";
  for (const auto& file : files) sql += " UNION ALL " + FileRowsSql(table, file, form);
  return sql;
}

}  // namespace

std::string ReceivedRowsSql(const MadeTable& table, const std::vector<ReceivedFile>& files) {
  return AllRowsSql(table, files, Form::kRows);
}

std::string ReceivedChangesSql(const MadeTable& table, const std::vector<ReceivedFile>& files) {
  return AllRowsSql(table, files, Form::kChanges);
}

Result<std::optional<std::string>> Difference(engine::Engine& engine, const std::string& expected,
                                              const std::string& received) {
  const auto answer = engine.Query(
      fmt::format("WITH expected AS MATERIALIZED ({}), received AS MATERIALIZED ({}), "
                  "missing AS MATERIALIZED (FROM expected EXCEPT ALL FROM received), "
                  "surplus AS MATERIALIZED (FROM received EXCEPT ALL FROM expected) "
                  "SELECT (SELECT count(*) FROM missing), (SELECT count(*) FROM surplus), "
                  "(SELECT left(min(m::VARCHAR), 200) FROM missing m), "
                  "(SELECT left(min(s::VARCHAR), 200) FROM surplus s)",
                  expected, received));
  if (!answer.has_value()) {
    TRY(engine.Query("SELECT 1"));  // when even that fails, no file is to blame
    const std::string why = answer.error().detail.substr(0, answer.error().detail.find('\n'));
    return "a file cannot be read with the table's columns: " + why.substr(0, 300);
  }
  const auto& row = answer->rows.at(0);
  std::string text;
  const auto add = [&](size_t at, std::string_view what) {
    if (row.at(at) == "0") return;
    text += fmt::format("{}{} rows {}, for example {}", text.empty() ? "" : "; ",
                        row.at(at).value_or("?"), what, row.at(at + 2).value_or("?"));
  };
  add(0, "are missing");
  add(1, "should not be there");
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace sluice::conformance
