// engine/row_sql.h -- the statement that reads rows of one data file as the table's columns, each
// row as a JSON array.
//
// Files lack columns that came later, have older types, other names; what is missing is NULL, what
// was widened since is cast, and what does not fit is refused: no value is guessed. How values look
// in JSON is told in api/unity.yaml, "TableSample".
// Source: Delta PROTOCOL.md, "Column Mapping", "Type Widening", "Partition Value Serialization".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/column_mapping.h"
#include "delta/schema_tree.h"
#include "engine/column_type.h"

namespace sluice::engine {

// A column of the table, with its value where that is the same for all rows of the file.
struct WantedColumn {
  const delta::SchemaField* field = nullptr;
  bool is_partition = false;
  std::string partition_value{};  // of a partition column; empty: NULL
};

// A column's value as JSON: an SQL expression. `columns` is the file's STRUCT of columns.
// Errors: kUnsupported  a type that cannot be shown, or that the file's cannot be read as
//         kCorrupt      a partition value that is not of its type
Result<std::string> ColumnSql(const WantedColumn& wanted, const ColumnType& columns,
                              delta::ColumnMapping mapping);

// The rows of a file: the number of each in it (file_row_number), and its JSON text.
// `literal` is the file's SqlFile. Errors: as ColumnSql
Result<std::string> RowStatement(const std::string& literal, const ColumnType& columns,
                                 const std::vector<WantedColumn>& wanted,
                                 delta::ColumnMapping mapping);

}  // namespace sluice::engine
