// delta/schema_tree.h -- a table's schema with all that is nested, for those who read rows.
//
// Source: Delta PROTOCOL.md, "Schema Serialization Format", "Column Mapping".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::delta {

struct SchemaField;

struct SchemaType {
  enum class Kind { kPrimitive, kStruct, kArray, kMap };

  Kind kind = Kind::kPrimitive;
  std::string name{};               // of a primitive, as in the log: "long", "decimal(10,2)"
  std::vector<SchemaField> fields;  // of a struct; no {}, since a field is not complete here
  std::vector<SchemaType> items{};  // of an array its element; of a map key and value
};

struct SchemaField {
  std::string name;
  std::string physical_name{};  // empty: none is told
  std::optional<int64_t> id{};  // of column mapping
  SchemaType type{};
};

// The top level, in order. Types are taken as they come.
// Errors: kCorrupt  not a struct type in JSON
Result<std::vector<SchemaField>> ReadSchemaTree(std::string_view schema_string);

// As in SQL: "bigint", "struct<a:int,b:array<string>>".
std::string SqlTypeText(const SchemaType& type);

}  // namespace sluice::delta
