// engine/column_type.h -- the type of a result's column, as a value.
#pragma once

#include <duckdb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/duckdb_api.h"

namespace sluice::engine {

struct NamedColumnType;

struct ColumnType {
  duckdb_type id = DUCKDB_TYPE_INVALID;
  // STRUCT: its fields; LIST: "element"; MAP: "key" and "value"; else nothing.
  std::vector<NamedColumnType> children;
  int precision = 0;  // DECIMAL
  int scale = 0;
  std::optional<int64_t> field_id{};  // of a file's column, where somebody looked for it

  // Null where there is no child of that name.
  const ColumnType* Child(std::string_view name) const;
};

struct NamedColumnType {
  std::string name;
  ColumnType type;
};

// Takes `type` over and destroys it.
ColumnType ReadColumnType(const DuckdbApi& api, duckdb_logical_type type);

}  // namespace sluice::engine
