#include "unity/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "base/encoding.h"
#include "catalog/errors.h"

namespace sluice::unity {
namespace {

constexpr json::Limits kSchemaLimits{.size = MiB(16), .depth = 200};
constexpr size_t kMostColumns = 10'000;

struct PrimitiveType {
  std::string_view delta;
  std::string_view text;
  std::string_view name;
};

constexpr auto kPrimitives = std::to_array<PrimitiveType>({
    {"string", "string", "STRING"},
    {"long", "bigint", "LONG"},
    {"integer", "int", "INT"},
    {"short", "smallint", "SHORT"},
    {"byte", "tinyint", "BYTE"},
    {"float", "float", "FLOAT"},
    {"double", "double", "DOUBLE"},
    {"boolean", "boolean", "BOOLEAN"},
    {"binary", "binary", "BINARY"},
    {"date", "date", "DATE"},
    {"timestamp", "timestamp", "TIMESTAMP"},
    {"timestamp_ntz", "timestamp_ntz", "TIMESTAMP_NTZ"},
    {"variant", "variant", "VARIANT"},
    {"void", "void", "NULL"},
});

std::unexpected<Error> BrokenSchema() {
  return Fail(Code::kCorrupt, "the schema of the table is broken");
}

std::string TextOf(const json::Value& value) {
  return std::string(value.as_string().data(), value.as_string().size());
}

const json::Value* Find(const json::Object& object, std::string_view name) {
  return object.if_contains(name);
}

std::optional<std::string> FindText(const json::Object& object, std::string_view name) {
  const json::Value* value = Find(object, name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return TextOf(*value);
}

struct Decimal {
  int32_t precision = 10;
  int32_t scale = 0;
};

// "decimal(10,2)"; "decimal" alone is (10,0), as in Spark.
std::optional<Decimal> ParseDecimal(std::string_view text) {
  constexpr std::string_view kWord = "decimal";
  if (!text.starts_with(kWord)) return std::nullopt;
  text.remove_prefix(kWord.size());
  if (text.empty()) return Decimal{};
  Decimal decimal;
  if (!text.starts_with('(') || !text.ends_with(')')) return std::nullopt;
  std::string inside(text.substr(1, text.size() - 2));
  std::erase(inside, ' ');
  const size_t comma = std::min(inside.find(','), inside.size());
  const auto number = [](std::string_view digits, int32_t& out) {
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return failure == std::errc() && end == digits.data() + digits.size();
  };
  const std::string_view whole = inside;
  if (!number(whole.substr(0, comma), decimal.precision)) return std::nullopt;
  if (comma < whole.size() && !number(whole.substr(comma + 1), decimal.scale)) return std::nullopt;
  const bool sound = decimal.precision >= 1 && decimal.precision <= 38 && decimal.scale >= 0 &&
                     decimal.scale <= decimal.precision;
  return sound ? std::optional(decimal) : std::nullopt;
}

// "struct<a:int,b:array<string>>"; the JSON's depth is limited.
std::string TypeText(const json::Value& type) {
  if (type.is_string()) {
    const std::string name = TextOf(type);
    const auto* found = std::ranges::find(kPrimitives, name, &PrimitiveType::delta);
    return found == kPrimitives.end() ? name : std::string(found->text);
  }
  if (!type.is_object()) return "unknown";
  const json::Object& object = type.as_object();
  const auto part = [&](std::string_view name) {
    const json::Value* value = Find(object, name);
    return value == nullptr ? std::string("unknown") : TypeText(*value);
  };
  std::string kind = FindText(object, "type").value_or("unknown");
  if (kind == "array") return fmt::format("array<{}>", part("elementType"));
  if (kind == "map") return fmt::format("map<{},{}>", part("keyType"), part("valueType"));
  const json::Value* fields = Find(object, "fields");
  if (kind != "struct" || fields == nullptr || !fields->is_array()) return kind;
  std::string text = "struct<";
  for (const json::Value& field : fields->as_array()) {
    if (!field.is_object()) continue;
    if (!text.ends_with('<')) text += ',';
    const json::Value* of = Find(field.as_object(), "type");
    text += FindText(field.as_object(), "name").value_or("") + ':';
    text += of == nullptr ? "unknown" : TypeText(*of);
  }
  return text + '>';
}

std::string TypeName(const json::Value& type) {
  if (type.is_object()) {
    const std::string kind = FindText(type.as_object(), "type").value_or("");
    if (kind == "struct") return "STRUCT";
    if (kind == "array") return "ARRAY";
    return kind == "map" ? "MAP" : "";
  }
  if (!type.is_string()) return {};
  const std::string name = TextOf(type);
  if (ParseDecimal(name)) return "DECIMAL";
  const auto* found = std::ranges::find(kPrimitives, name, &PrimitiveType::delta);
  return found == kPrimitives.end() ? std::string() : std::string(found->name);
}

Result<catalog::Column> ColumnOf(const json::Value& field, size_t position) {
  if (!field.is_object()) return BrokenSchema();
  const json::Object& object = field.as_object();
  const auto name = FindText(object, "name");
  const json::Value* type = Find(object, "type");
  if (!name || type == nullptr) return BrokenSchema();
  catalog::Column column;
  column.name = *name;
  column.type_text = TypeText(*type);
  column.type_name = TypeName(*type);
  column.type_json = json::Serialize(field);
  column.position = static_cast<int32_t>(position);
  const json::Value* nullable = Find(object, "nullable");
  column.nullable = nullable == nullptr || !nullable->is_bool() || nullable->as_bool();
  const json::Value* metadata = Find(object, "metadata");
  if (metadata != nullptr && metadata->is_object()) {
    column.comment = FindText(metadata->as_object(), "comment").value_or("");
  }
  if (const auto decimal = type->is_string() ? ParseDecimal(TextOf(*type)) : std::nullopt) {
    column.type_precision = decimal->precision;
    column.type_scale = decimal->scale;
  }
  return column;
}

// The Delta type of a column of a request.
Result<json::Value> DeltaType(const catalog::Column& column) {
  if (!column.type_json.empty()) {
    Result<json::Value> value = json::Parse(column.type_json);
    if (value && value->is_object() && value->as_object().contains("name") &&
        value->as_object().contains("type")) {
      return value->as_object().at("type");
    }
    if (value && !TypeName(*value).empty()) return *value;
  }
  const std::string text = AsciiLower(column.type_text);
  for (const PrimitiveType& primitive : kPrimitives) {
    const bool named = text.empty() && column.type_name == primitive.name;
    if (text == primitive.text || text == primitive.delta || named) {
      return json::Value(primitive.delta);
    }
  }
  if (const auto decimal = ParseDecimal(text)) {
    return json::Value(fmt::format("decimal({},{})", decimal->precision, decimal->scale));
  }
  return catalog::InvalidParameter(
      fmt::format("The type of column '{}' is not understood: give type_text, or for a nested type "
                  "type_json, the column as it stands in a Delta schema.",
                  column.name));
}

Result<catalog::Column> ParseColumn(const Fields& fields) {
  catalog::Column column;
  column.name = TRY(fields.RequiredText("CreateTable", "name"));
  column.type_text = TRY(fields.Text("type_text")).value_or("");
  column.type_name = TRY(fields.Text("type_name")).value_or("");
  column.type_json = TRY(fields.Text("type_json")).value_or("");
  column.position = static_cast<int32_t>(
      std::clamp<int64_t>(TRY(fields.Int("position")).value_or(0), 0, kMostColumns));
  if (const auto index = TRY(fields.Int("partition_index"))) {
    column.partition_index = static_cast<int32_t>(std::clamp<int64_t>(*index, 0, kMostColumns));
  }
  column.nullable = TRY(fields.Flag("nullable")).value_or(true);
  column.comment = TRY(fields.Text("comment")).value_or("");
  return column;
}

}  // namespace

Result<std::vector<catalog::Column>> ColumnsOf(const delta::Metadata& metadata) {
  const Result<json::Value> schema = json::Parse(metadata.schema_string, kSchemaLimits);
  if (!schema || !schema->is_object()) return BrokenSchema();
  const json::Value* fields = Find(schema->as_object(), "fields");
  if (fields == nullptr || !fields->is_array()) return BrokenSchema();
  std::vector<catalog::Column> columns;
  columns.reserve(fields->as_array().size());
  for (const json::Value& field : fields->as_array()) {
    catalog::Column column = TRY(ColumnOf(field, columns.size()));
    const auto& partitions = metadata.partition_columns;
    const auto found = std::ranges::find(partitions, column.name);
    if (found != partitions.end()) {
      column.partition_index = static_cast<int32_t>(found - partitions.begin());
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

Result<std::vector<catalog::Column>> ParseColumns(const Fields& fields) {
  std::vector<catalog::Column> columns;
  std::set<std::string> names;
  TRY(fields.Objects("columns", [&](const Fields& one) -> Status {
    catalog::Column column = TRY(ParseColumn(one));
    if (!names.insert(AsciiLower(column.name)).second) {
      return catalog::InvalidParameter(fmt::format("Column '{}' stands twice.", column.name));
    }
    if (columns.size() == kMostColumns) return catalog::InvalidParameter("Too many columns.");
    columns.push_back(std::move(column));
    return {};
  }));
  std::ranges::stable_sort(columns, {}, &catalog::Column::position);
  return columns;
}

Result<delta::Metadata> MetadataOf(const std::vector<catalog::Column>& columns) {
  delta::Metadata metadata;
  json::Array fields;
  std::vector<const catalog::Column*> partitions;
  for (const catalog::Column& column : columns) {
    json::Object field;
    field["name"] = column.name;
    field["type"] = TRY(DeltaType(column));
    field["nullable"] = column.nullable;
    json::Object more;
    if (!column.comment.empty()) more["comment"] = column.comment;
    field["metadata"] = std::move(more);
    fields.push_back(std::move(field));
    if (column.partition_index) partitions.push_back(&column);
  }
  std::ranges::stable_sort(partitions, {},
                           [](const catalog::Column* one) { return *one->partition_index; });
  for (const catalog::Column* one : partitions) metadata.partition_columns.push_back(one->name);
  json::Object schema;
  schema["type"] = "struct";
  schema["fields"] = std::move(fields);
  metadata.schema_string = json::Serialize(schema);
  return metadata;
}

Status CheckAgrees(const std::vector<catalog::Column>& given,
                   const std::vector<catalog::Column>& found) {
  if (given.empty()) return {};
  for (const catalog::Column& one : given) {
    const auto same = std::ranges::find_if(found, [&](const catalog::Column& other) {
      return EqualsIgnoreCase(one.name, other.name);
    });
    if (same == found.end()) {
      return catalog::InvalidParameter(
          fmt::format("Column '{}' is not in the table's Delta log.", one.name));
    }
    if (!one.type_name.empty() && one.type_name != same->type_name) {
      return catalog::InvalidParameter(
          fmt::format("Column '{}' is {} in the table's Delta log, not {}.", one.name,
                      same->type_name, one.type_name));
    }
  }
  if (given.size() == found.size()) return {};
  return catalog::InvalidParameter(
      fmt::format("The table's Delta log has {} columns, not {}: name all of them, or none.",
                  found.size(), given.size()));
}

json::Array RenderColumns(const std::vector<catalog::Column>& columns) {
  json::Array array;
  array.reserve(columns.size());
  for (const catalog::Column& column : columns) {
    json::Object object;
    object["name"] = column.name;
    object["type_text"] = column.type_text;
    if (!column.type_name.empty()) object["type_name"] = column.type_name;
    object["type_json"] = column.type_json;
    object["type_precision"] = column.type_precision;
    object["type_scale"] = column.type_scale;
    object["position"] = column.position;
    if (column.partition_index) object["partition_index"] = *column.partition_index;
    object["nullable"] = column.nullable;
    if (!column.comment.empty()) object["comment"] = column.comment;
    array.push_back(std::move(object));
  }
  return array;
}

}  // namespace sluice::unity
