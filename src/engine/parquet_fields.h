// engine/parquet_fields.h -- the columns of a Parquet file, with the ids of their fields.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/column_type.h"
#include "engine/database.h"

namespace sluice::engine {

enum class FieldIds { kNone, kRead };

// A STRUCT of the file's columns. `literal` is the file's SqlFile.
// Errors: those of Connection::Run; kUnsupported  with kRead: no field has an id, or the file's
//         schema is of a shape that nobody writes
Result<ColumnType> ReadFileColumns(Connection& connection, const std::string& literal,
                                   FieldIds ids);

}  // namespace sluice::engine
