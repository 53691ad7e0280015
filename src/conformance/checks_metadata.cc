// What is a table? Query Table Metadata, in the format that needs no header.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "base/encoding.h"
#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

bool IsNdjson(std::string_view type) {
  return AsciiLower(type).starts_with("application/x-ndjson");
}

Status Lines(Context& context) {
  const Told told = TRY(AskMetadata(context));
  context.Expect(told.table.order == std::vector<std::string>{"protocol", "metaData"}, told.answer,
                 "two lines: first protocol, then metaData");
  return {};
}

Status ContentType(Context& context) {
  const Told metadata = TRY(AskMetadata(context));
  const Told query = TRY(AskQuery(context));
  for (const Told* told : {&metadata, &query}) {
    context.ExpectHeader(told->answer, "Content-Type", "application/x-ndjson; charset=utf-8",
                         IsNdjson);
  }
  return {};
}

Status ProtocolFields(Context& context) {
  const Told told = TRY(AskMetadata(context));
  TRY(context.Require(told.table.protocols.size() == 1, told.answer, "one line of protocol"));
  context.Expect(IntMember(told.table.protocols.front(), "minReaderVersion") == 1, told.answer,
                 "\"minReaderVersion\": 1, a number: it always is in the parquet format");
  return {};
}

Result<json::Object> Metadata(Context& context, const Told& told) {
  TRY(context.Require(told.table.metadata.size() == 1, told.answer, "one line of metaData"));
  return told.table.metadata.front();
}

Status MetadataFields(Context& context) {
  const Told told = TRY(AskMetadata(context));
  const json::Object metadata = TRY(Metadata(context, told));
  context.Expect(!TextMember(metadata, "id").value_or("").empty(), told.answer, "a text 'id'");
  const json::Object* format = ObjectMember(metadata, "format");
  context.Expect(format != nullptr && TextMember(*format, "provider") == "parquet", told.answer,
                 R"("format": {"provider": "parquet"})");
  context.Expect(TextMember(metadata, "schemaString").has_value(), told.answer,
                 "a text 'schemaString'");
  const json::Array* columns = ArrayMember(metadata, "partitionColumns");
  context.Expect(columns != nullptr &&
                     std::ranges::all_of(*columns, [](const auto& c) { return c.is_string(); }),
                 told.answer, "an array 'partitionColumns' of texts: empty where there are none");
  return {};
}

Status OptionalFields(Context& context) {
  const Told told = TRY(AskMetadata(context));
  const json::Object metadata = TRY(Metadata(context, told));
  if (const json::Value* map = metadata.if_contains("configuration"); map != nullptr) {
    const json::Object* pairs = map->if_object();
    context.Expect(
        pairs != nullptr &&
            std::ranges::all_of(*pairs, [](const auto& pair) { return pair.value().is_string(); }),
        told.answer, "'configuration' to be a map of texts");
  }
  for (const std::string_view name : {"version", "size", "numFiles"}) {
    if (!metadata.contains(name)) continue;
    context.Expect(IntMember(metadata, name).value_or(-1) >= 0, told.answer,
                   fmt::format("'{}' to be a number, 0 or more", name));
  }
  for (const std::string_view name : {"name", "description", "location"}) {
    const json::Value* value = metadata.if_contains(name);
    if (value == nullptr) continue;
    context.Expect(value->is_string(), told.answer,
                   fmt::format("'{}' to be a text, or missing", name));
  }
  context.Expect(true, told.answer, "optional fields of their types");
  return {};
}

// A struct of the schema, down to a depth that no table has.
bool IsStruct(const json::Value& value, int depth);

bool IsType(const json::Value& type, int depth) {
  if (depth > 50) return false;
  if (type.is_string()) return !type.get_string().empty();
  const json::Object* object = type.if_object();
  if (object == nullptr) return false;
  const std::string kind = TextMember(*object, "type").value_or("");
  const auto has = [&](std::string_view name) {
    const json::Value* inner = object->if_contains(name);
    return inner != nullptr && IsType(*inner, depth + 1);
  };
  if (kind == "array") return has("elementType");
  if (kind == "map") return has("keyType") && has("valueType");
  return kind == "struct" && IsStruct(type, depth + 1);
}

bool IsStruct(const json::Value& value, int depth) {
  const json::Object* object = value.if_object();
  if (object == nullptr || TextMember(*object, "type") != "struct") return false;
  const json::Array* fields = ArrayMember(*object, "fields");
  return fields != nullptr && std::ranges::all_of(*fields, [&](const json::Value& item) {
           const json::Object* field = item.if_object();
           if (field == nullptr || !TextMember(*field, "name").has_value()) return false;
           const json::Value* type = field->if_contains("type");
           const json::Value* nullable = field->if_contains("nullable");
           return type != nullptr && IsType(*type, depth) && nullable != nullptr &&
                  nullable->is_bool() && ObjectMember(*field, "metadata") != nullptr;
         });
}

Result<json::Object> Schema(Context& context, const Told& told, const json::Object& metadata) {
  auto schema = json::Parse(TextMember(metadata, "schemaString").value_or(""),
                            {.size = MiB(16), .depth = 200});
  TRY(context.Require(schema.has_value() && IsStruct(*schema, 0), told.answer,
                      "schemaString to be JSON of a struct whose fields have name, type, nullable "
                      "and metadata"));
  return std::move(schema->get_object());
}

Status SchemaParses(Context& context) {
  const Told told = TRY(AskMetadata(context));
  const json::Object metadata = TRY(Metadata(context, told));
  TRY(Schema(context, told, metadata));
  return {};
}

Status PartitionColumnsExist(Context& context) {
  const Told told = TRY(AskMetadata(context));
  const json::Object metadata = TRY(Metadata(context, told));
  const json::Object schema = TRY(Schema(context, told, metadata));
  std::set<std::string> names;
  for (const json::Value& field : *ArrayMember(schema, "fields")) {
    names.insert(TextMember(field.get_object(), "name").value_or(""));
  }
  const json::Array* columns = ArrayMember(metadata, "partitionColumns");
  TRY(context.Require(columns != nullptr, told.answer, "an array 'partitionColumns'"));
  for (const json::Value& column : *columns) {
    const auto* name = column.if_string();
    context.Expect(name != nullptr && names.contains(std::string(*name)), told.answer,
                   "partition columns to be columns of the schema");
  }
  return {};
}

Status SameInQuery(Context& context) {
  const Told first = TRY(AskMetadata(context));
  const Told second = TRY(AskQuery(context));
  const json::Object metadata = TRY(Metadata(context, first));
  TRY(context.Require(!second.table.metadata.empty(), second.answer, "a line of metaData"));
  if (first.answer.Header(kVersionHeader) != second.answer.Header(kVersionHeader)) {
    return context.Skip("the table was written to meanwhile");
  }
  for (const std::string_view name : {"id", "schemaString", "partitionColumns", "format"}) {
    const json::Value* one = metadata.if_contains(name);
    const json::Value* other = second.table.metadata.front().if_contains(name);
    context.Expect(one != nullptr && other != nullptr && *one == *other, second.answer,
                   fmt::format("the same '{}' as /metadata tells", name));
  }
  return {};
}

Status BadVersions(Context& context) {
  for (const std::string_view version : {"-1", "abc", "1.5", "99999999999999999999"}) {
    const Answer answer =
        TRY(context.Get(context.table().Path(fmt::format("/metadata?version={}", version))));
    context.ExpectError(answer, {400});
  }
  return {};
}

Status OneOfTwo(Context& context) {
  const Answer answer = TRY(
      context.Get(context.table().Path("/metadata?version=0&timestamp=2022-01-01T00%3A00%3A00Z")));
  context.ExpectError(answer, {400});
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "metadata.lines",
     .title = "Metadata are two lines: protocol, then metaData",
     .section = kTableMetadata,
     .needs = kNeedsTable,
     .run = Lines},
    {.id = "metadata.content-type",
     .title = "Lines come as application/x-ndjson",
     .section = kTableMetadata,
     .needs = kNeedsTable,
     .run = ContentType},
    {.id = "metadata.protocol",
     .title = "The protocol has minReaderVersion 1",
     .section = {"Protocol", "protocol"},
     .needs = kNeedsTable,
     .run = ProtocolFields},
    {.id = "metadata.fields",
     .title = "metaData has id, format, schemaString and partitionColumns",
     .section = kMetadataParquet,
     .needs = kNeedsTable,
     .run = MetadataFields},
    {.id = "metadata.optional-fields",
     .title = "What else metaData has is of its type",
     .section = kMetadataParquet,
     .needs = kNeedsTable,
     .run = OptionalFields},
    {.id = "metadata.schema",
     .title = "schemaString is the JSON of a struct",
     .section = kSchemaObject,
     .needs = kNeedsTable,
     .run = SchemaParses},
    {.id = "metadata.partition-columns",
     .title = "Partition columns are columns of the schema",
     .section = kMetadataParquet,
     .needs = kNeedsTable,
     .run = PartitionColumnsExist},
    {.id = "metadata.same-in-query",
     .title = "A query's metaData is that of /metadata",
     .section = kReadData,
     .needs = kNeedsTable,
     .run = SameInQuery},
    {.id = "metadata.bad-versions",
     .title = "A version that is negative or no number gives 400",
     .section = kTableMetadata,
     .needs = kNeedsTable,
     .run = BadVersions},
    {.id = "metadata.version-or-timestamp",
     .title = "version and timestamp together give 400",
     .section = kTableMetadata,
     .needs = kNeedsTable,
     .run = OneOfTwo},
});

}  // namespace

std::span<const Check> MetadataChecks() { return kChecks; }

}  // namespace sluice::conformance
