#include "delta/schema_tree.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::delta {
namespace {

namespace dom = simdjson::dom;

constexpr int kMaxDepth = 100;

std::unexpected<Error> Broken(std::string_view why) {
  return Fail(Code::kCorrupt, "the table's schema is broken: " + std::string(why));
}

Result<std::vector<SchemaField>> ReadFields(dom::element type, int depth);

Result<SchemaType> ReadType(dom::element type, int depth) {
  if (depth > kMaxDepth) return Broken("it is nested too deeply");
  SchemaType read;
  std::string_view name;
  if (type.get(name) == simdjson::SUCCESS) {
    read.name = name;
    return read;
  }
  if (type["type"].get(name) != simdjson::SUCCESS) return Broken("a type without a name");
  const auto item = [&](const char* part) -> Status {
    dom::element inner;
    if (type[part].get(inner) != simdjson::SUCCESS) return Broken("a part of a type is missing");
    read.items.push_back(TRY(ReadType(inner, depth + 1)));
    return {};
  };
  if (name == "struct") {
    read.kind = SchemaType::Kind::kStruct;
    read.fields = TRY(ReadFields(type, depth + 1));
  } else if (name == "array") {
    read.kind = SchemaType::Kind::kArray;
    TRY(item("elementType"));
  } else if (name == "map") {
    read.kind = SchemaType::Kind::kMap;
    TRY(item("keyType"));
    TRY(item("valueType"));
  } else {
    read.name = name;
  }
  return read;
}

Result<std::vector<SchemaField>> ReadFields(dom::element type, int depth) {
  dom::array fields;
  if (type["fields"].get(fields) != simdjson::SUCCESS) return Broken("a struct without fields");
  std::vector<SchemaField> read;
  for (const dom::element element : fields) {
    SchemaField field;
    std::string_view text;
    dom::element inner;
    if (element["name"].get(text) != simdjson::SUCCESS) return Broken("a field without a name");
    field.name = text;
    if (element["type"].get(inner) != simdjson::SUCCESS) return Broken("a field without a type");
    field.type = TRY(ReadType(inner, depth));
    const auto metadata = element["metadata"];
    if (metadata["delta.columnMapping.physicalName"].get(text) == simdjson::SUCCESS) {
      field.physical_name = text;
    }
    int64_t id = 0;
    if (metadata["delta.columnMapping.id"].get(id) == simdjson::SUCCESS) field.id = id;
    read.push_back(std::move(field));
  }
  return read;
}

// Those that SQL calls otherwise than the log.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSqlNames = {
    {{"byte", "tinyint"}, {"short", "smallint"}, {"integer", "int"}, {"long", "bigint"}}};

}  // namespace

Result<std::vector<SchemaField>> ReadSchemaTree(std::string_view schema_string) {
  dom::parser parser;
  dom::element root;
  if (parser.parse(schema_string.data(), schema_string.size()).get(root) != simdjson::SUCCESS) {
    return Broken("it is not JSON");
  }
  return ReadFields(root, 0);
}

std::string SqlTypeText(const SchemaType& type) {
  switch (type.kind) {
    case SchemaType::Kind::kArray: return "array<" + SqlTypeText(type.items.front()) + ">";
    case SchemaType::Kind::kMap:
      return "map<" + SqlTypeText(type.items.front()) + "," + SqlTypeText(type.items.back()) + ">";
    case SchemaType::Kind::kStruct: {
      std::string text = "struct<";
      for (const SchemaField& field : type.fields) {
        if (!text.ends_with('<')) text += ',';
        text += field.name + ':' + SqlTypeText(field.type);
      }
      return text + '>';
    }
    case SchemaType::Kind::kPrimitive: break;
  }
  const auto* found =
      std::ranges::find(kSqlNames, type.name, [](const auto& one) { return one.first; });
  return found == kSqlNames.end() ? type.name : std::string(found->second);
}

}  // namespace sluice::delta
