#include "delta/schema.h"

#include <simdjson.h>

namespace sluice::delta {
namespace {

namespace dom = simdjson::dom;

constexpr int kMaxDepth = 500;

std::unexpected<Error> Broken(std::string_view why) {
  return Fail(Code::kCorrupt, "the table's schema is broken: " + std::string(why));
}

void LookAtMetadata(const simdjson::simdjson_result<dom::element>& metadata, Schema& schema) {
  dom::array changes;
  if (metadata["delta.typeChanges"].get(changes) == simdjson::SUCCESS &&
      changes.begin() != changes.end()) {
    schema.widened = true;
  }
  if (!metadata["delta.columnMapping.physicalName"].is_string()) schema.named = false;
  if (!metadata["delta.columnMapping.id"].is_int64()) schema.numbered = false;
}

Status WalkFields(dom::element type, int depth, Schema& schema, bool top);

// Any type, and what lies in it. Returns its name.
Result<std::string_view> WalkType(dom::element type, int depth, Schema& schema) {
  if (depth > kMaxDepth) return Broken("it is nested too deeply");
  std::string_view name;
  if (type.get(name) == simdjson::SUCCESS) {
    if (name == "timestamp_ntz") schema.timestamp_ntz = true;
    if (name == "variant") schema.variant = true;
    return name;
  }
  if (type["type"].get(name) != simdjson::SUCCESS) return Broken("a type without a name");
  if (name == "struct") {
    TRY(WalkFields(type, depth + 1, schema, false));
    return name;
  }
  for (const std::string_view part : {"elementType", "keyType", "valueType"}) {
    dom::element inner;
    if (type[part].get(inner) == simdjson::SUCCESS) TRY(WalkType(inner, depth + 1, schema));
  }
  return name;
}

Status WalkFields(dom::element type, int depth, Schema& schema, bool top) {
  dom::array fields;
  if (type["fields"].get(fields) != simdjson::SUCCESS) return Broken("a struct without fields");
  for (const dom::element field : fields) {
    std::string_view name;
    dom::element inner;
    if (field["name"].get(name) != simdjson::SUCCESS) return Broken("a field without a name");
    if (field["type"].get(inner) != simdjson::SUCCESS) return Broken("a field without a type");
    const std::string_view kind = TRY(WalkType(inner, depth + 1, schema));
    if (top) schema.columns.push_back({std::string(name), std::string(kind)});
    LookAtMetadata(field["metadata"], schema);
  }
  return {};
}

}  // namespace

Result<Schema> ParseSchema(std::string_view schema_string) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(schema_string.data(), schema_string.size()).get(root) != simdjson::SUCCESS) {
    return Broken("it is not JSON");
  }
  std::string_view name;
  if (root["type"].get(name) != simdjson::SUCCESS || name != "struct") {
    return Broken("it is no struct");
  }
  Schema schema;
  TRY(WalkFields(root, 0, schema, true));
  return schema;
}

}  // namespace sluice::delta
