// delta/schema.h -- a table's schema, as far as the reader needs it.
//
// Source: Delta PROTOCOL.md, "Schema Serialization Format", "Type Widening".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::delta {

struct Column {
  std::string name;
  std::string type;  // a primitive type's name, or "struct", "array", "map"
};

struct Schema {
  std::vector<Column> columns;  // the top level, in order
  // Anywhere in the schema, nested types included:
  bool timestamp_ntz = false;
  bool variant = false;
  bool widened = false;  // a column carries delta.typeChanges
  bool named = true;     // every column has a physical name
  bool numbered = true;  // every column has an id
};

// Types are taken as they come, also those nobody has heard of: rows are read by recipients, who
// know what they can read. A type that changes how files are read has a feature (table_features).
// Errors: kCorrupt  not a struct type in JSON
Result<Schema> ParseSchema(std::string_view schema_string);

}  // namespace sluice::delta
