#include "conformance/made_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/sql_text.h"

namespace sluice::conformance {
namespace {

using engine::SqlName;
using engine::SqlString;

constexpr std::string_view kChangeType = "_change_type";

bool IsPartitionColumn(const MadeTable& table, const MadeColumn& column) {
  return std::ranges::find(table.partition_columns, column.name) != table.partition_columns.end();
}

void Append(std::string& list, const std::string& item, std::string_view between = ", ") {
  if (!list.empty()) list += between;
  list += item;
}

// The file's rows with the names of the schema and their types, numbered from 0 in "_row".
std::string NamedRowsSql(const MadeTable& table, const MadeFile& file, FileKind kind) {
  std::string names;
  std::string casts;
  const auto add = [&](const std::string& name, const std::string& type) {
    Append(names, SqlName(name));
    Append(casts, fmt::format("{}::{} AS {}", SqlName(name), type, SqlName(name)));
  };
  for (const auto& column : table.columns) {
    if (!IsPartitionColumn(table, column)) add(column.name, column.sql_type);
  }
  if (kind == FileKind::kChanges) add(std::string(kChangeType), "VARCHAR");
  return fmt::format("SELECT {}, row_number() OVER () - 1 AS \"_row\" FROM ({}) AS r({})", casts,
                     file.rows, names);
}

// A partition value as a column.
std::string PartitionSql(const MadeColumn& column, const MadeFile& file) {
  const auto found = std::ranges::find(file.partition_values, column.InFiles(),
                                       [](const auto& value) { return value.first; });
  const std::string text =
      found == file.partition_values.end() || !found->second ? "NULL" : SqlString(*found->second);
  return fmt::format("{}::{} AS {}", text, column.sql_type, SqlName(column.name));
}

std::string ReadRowsSql(const MadeTable& table, const MadeFile& file, FileKind kind) {
  std::string columns;
  for (const auto& column : table.columns) {
    Append(columns,
           IsPartitionColumn(table, column) ? PartitionSql(column, file) : SqlName(column.name));
  }
  if (kind == FileKind::kChanges) Append(columns, std::string(kChangeType));
  std::string sql = "SELECT " + columns + " FROM (" + NamedRowsSql(table, file, kind) + ")";
  std::string deleted;
  for (const uint64_t row : file.deleted) Append(deleted, std::to_string(row));
  if (!deleted.empty()) sql += " WHERE \"_row\" NOT IN (" + deleted + ")";
  return sql;
}

// No rows, with the table's columns.
std::string NoRowsSql(const MadeTable& table) {
  std::string columns;
  for (const auto& column : table.columns) {
    Append(columns, fmt::format("NULL::{} AS {}", column.sql_type, SqlName(column.name)));
  }
  return "SELECT " + columns + " WHERE false";
}

// The changes of one version.
std::string CommitChangesSql(const MadeTable& table, delta::Version version) {
  const MadeCommit& commit = table.commits.at(static_cast<size_t>(version));
  std::string sql;
  const auto add = [&](const MadeFile& file, FileKind kind, std::string_view type) {
    Append(sql,
           fmt::format("SELECT *{}, {}::BIGINT AS _commit_version FROM ({})", type, version,
                       ReadRowsSql(table, file, kind)),
           " UNION ALL ");
  };
  for (const auto& file : commit.changes) add(file, FileKind::kChanges, "");
  if (!commit.changes.empty()) return sql;
  for (const auto& file : commit.adds) add(file, FileKind::kData, ", 'insert' AS _change_type");
  if (version == 0) return sql;
  for (const MadeFile* file : LiveFiles(table, version - 1)) {
    if (std::ranges::find(commit.removes, file->name) == commit.removes.end()) continue;
    add(*file, FileKind::kData, ", 'delete' AS _change_type");
  }
  return sql;
}

}  // namespace

std::string StoredRowsSql(const MadeTable& table, const MadeFile& file, FileKind kind) {
  std::string columns;
  for (const auto& column : table.columns) {
    if (IsPartitionColumn(table, column)) continue;
    const std::string value = column.stored_sql.empty() ? SqlName(column.name) : column.stored_sql;
    Append(columns, value + " AS " + SqlName(column.InFiles()));
  }
  if (kind == FileKind::kChanges) Append(columns, std::string(kChangeType));
  return "SELECT " + columns + " FROM (" + NamedRowsSql(table, file, kind) + ") ORDER BY \"_row\"";
}

std::string RowsOfFilesSql(const MadeTable& table, const std::vector<const MadeFile*>& files) {
  std::string sql = NoRowsSql(table);
  for (const MadeFile* file : files) {
    sql += " UNION ALL " + ReadRowsSql(table, *file, FileKind::kData);
  }
  return sql;
}

std::string RowsSql(const MadeTable& table, delta::Version version) {
  return RowsOfFilesSql(table, LiveFiles(table, version));
}

std::string ChangesSql(const MadeTable& table, delta::Version first, delta::Version last) {
  std::string sql = fmt::format(
      "SELECT *, NULL::VARCHAR AS _change_type, NULL::BIGINT AS _commit_version FROM ({})",
      NoRowsSql(table));
  for (delta::Version version = first; version <= last; ++version) {
    const std::string changes = CommitChangesSql(table, version);
    if (!changes.empty()) sql += " UNION ALL " + changes;
  }
  return sql;
}

}  // namespace sluice::conformance
