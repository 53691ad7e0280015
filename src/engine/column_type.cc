#include "engine/column_type.h"

namespace sluice::engine {
namespace {

std::string StructFieldName(const DuckdbApi& api, duckdb_logical_type type, idx_t index) {
  char* text = api.struct_type_child_name(type, index);
  std::string name = text == nullptr ? "" : text;
  api.free(text);
  return name;
}

}  // namespace

const ColumnType* ColumnType::Child(std::string_view name) const {
  for (const auto& [child_name, child] : children) {
    if (child_name == name) return &child;
  }
  return nullptr;
}

ColumnType ReadColumnType(const DuckdbApi& api, duckdb_logical_type type) {
  ColumnType read{api.get_type_id(type), {}};
  if (read.id == DUCKDB_TYPE_LIST) {
    read.children.push_back({"element", ReadColumnType(api, api.list_type_child_type(type))});
  } else if (read.id == DUCKDB_TYPE_DECIMAL) {
    read.precision = api.decimal_width(type);
    read.scale = api.decimal_scale(type);
  } else if (read.id == DUCKDB_TYPE_MAP) {
    read.children.push_back({"key", ReadColumnType(api, api.map_type_key_type(type))});
    read.children.push_back({"value", ReadColumnType(api, api.map_type_value_type(type))});
  } else if (read.id == DUCKDB_TYPE_STRUCT) {
    const idx_t count = api.struct_type_child_count(type);
    for (idx_t i = 0; i < count; ++i) {
      read.children.push_back({StructFieldName(api, type, i),
                               ReadColumnType(api, api.struct_type_child_type(type, i))});
    }
  }
  api.destroy_logical_type(&type);
  return read;
}

}  // namespace sluice::engine
