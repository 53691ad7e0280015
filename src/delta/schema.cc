#include "delta/schema.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <set>

namespace sluice::delta {
namespace {

namespace dom = simdjson::dom;

std::unexpected<Error> Corrupt(std::string what) {
  return Fail(Code::kCorrupt, fmt::format("The table's schema is broken: {}.", what));
}

// Walks a type and all types in it. Depth is bounded by the JSON parser's own limit.
void Walk(dom::element type, AdvancedFeatures& features) {
  std::string_view name;
  if (type.get(name) == simdjson::SUCCESS) {
    if (name == "timestamp_ntz") features.timestamp_ntz = true;
    if (name == "variant") features.variant = true;
    return;
  }
  dom::object object;
  if (type.get(object) != simdjson::SUCCESS) return;
  for (const char* nested : {"elementType", "keyType", "valueType"}) {
    dom::element inner;
    if (object[nested].get(inner) == simdjson::SUCCESS) Walk(inner, features);
  }
  dom::array fields;
  if (object["fields"].get(fields) != simdjson::SUCCESS) return;
  for (const dom::element field : fields) {
    dom::element inner;
    if (field["metadata"]["delta.typeChanges"].get(inner) == simdjson::SUCCESS) {
      features.type_widening = true;
    }
    if (field["type"].get(inner) == simdjson::SUCCESS) Walk(inner, features);
  }
}

}  // namespace

Result<AdvancedFeatures> FeaturesOf(const Metadata& metadata) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(metadata.schema_string).get(root) != simdjson::SUCCESS) {
    return Corrupt("it is not JSON");
  }
  std::string_view type;
  dom::array fields;
  if (root["type"].get(type) != simdjson::SUCCESS || type != "struct" ||
      root["fields"].get(fields) != simdjson::SUCCESS) {
    return Corrupt("it is not a struct");
  }
  std::set<std::string_view> names;
  for (const dom::element field : fields) {
    std::string_view name;
    dom::element field_type;
    if (field["name"].get(name) != simdjson::SUCCESS ||
        field["type"].get(field_type) != simdjson::SUCCESS) {
      return Corrupt("a field has no name or no type");
    }
    names.insert(name);
  }
  for (const std::string& column : metadata.partition_columns) {
    if (!names.contains(column)) return Corrupt("a partition column is not in it");
  }
  AdvancedFeatures features;
  Walk(root, features);
  const auto mode = metadata.configuration.find("delta.columnMapping.mode");
  features.column_mapping = mode != metadata.configuration.end() && mode->second != "none";
  return features;
}

}  // namespace sluice::delta
