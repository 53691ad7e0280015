// engine/column_type.h -- the type of a result's column, as a value.
#pragma once

#include <duckdb.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/duckdb_api.h"

namespace sluice::engine {

struct ColumnType {
  duckdb_type id = DUCKDB_TYPE_INVALID;
  // STRUCT: its fields; LIST: "element"; MAP: "key" and "value"; else nothing.
  std::vector<std::pair<std::string, ColumnType>> children;

  // Null where there is no child of that name.
  const ColumnType* Child(std::string_view name) const;
};

// Takes `type` over and destroys it.
ColumnType ReadColumnType(const DuckdbApi& api, duckdb_logical_type type);

}  // namespace sluice::engine
