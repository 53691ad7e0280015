#include "delta/schema_change.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace sluice::delta {
namespace {

constexpr size_t kMaxDepth = 500;

// The types that a field had before it was widened.
using FormerTypes = std::set<std::string, std::less<>>;

std::string_view TextOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

bool Flag(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value == nullptr || !value->is_bool() || value->get_bool();
}

const json::Object* MetadataOf(const json::Object& field) {
  const json::Value* metadata = field.if_contains("metadata");
  return metadata == nullptr ? nullptr : metadata->if_object();
}

// What files call the field's column. A field without a mapping is called by its name, which
// becomes its physical name when mapping is enabled.
std::string_view PhysicalName(const json::Object& field) {
  const json::Object* metadata = MetadataOf(field);
  const std::string_view physical =
      metadata == nullptr ? "" : TextOf(*metadata, "delta.columnMapping.physicalName");
  return physical.empty() ? TextOf(field, "name") : physical;
}

FormerTypes FormerTypesOf(const json::Object& field) {
  FormerTypes types;
  const json::Object* metadata = MetadataOf(field);
  const json::Value* changes =
      metadata == nullptr ? nullptr : metadata->if_contains("delta.typeChanges");
  if (changes == nullptr || !changes->is_array()) return types;
  for (const json::Value& change : changes->get_array()) {
    if (change.is_object()) types.emplace(TextOf(change.get_object(), "fromType"));
  }
  return types;
}

const json::Array* FieldsOf(const json::Object& type) {
  const json::Value* fields = type.if_contains("fields");
  return fields == nullptr ? nullptr : fields->if_array();
}

const json::Object* FindField(const json::Array& fields, std::string_view physical_name) {
  for (const json::Value& field : fields) {
    if (field.is_object() && PhysicalName(field.get_object()) == physical_name) {
      return &field.get_object();
    }
  }
  return nullptr;
}

bool ReadsType(const json::Value* later, const json::Value* older, const FormerTypes& former);

bool ReadsFields(const json::Object& later, const json::Object& older) {
  const json::Array* fields = FieldsOf(later);
  const json::Array* before = FieldsOf(older);
  if (fields == nullptr || before == nullptr) return false;
  return std::ranges::all_of(*fields, [&](const json::Value& value) {
    if (!value.is_object()) return false;
    const json::Object& field = value.get_object();
    const json::Object* former = FindField(*before, PhysicalName(field));
    if (former == nullptr) return Flag(field, "nullable");
    if (Flag(*former, "nullable") && !Flag(field, "nullable")) return false;
    return ReadsType(field.if_contains("type"), former->if_contains("type"), FormerTypesOf(field));
  });
}

// An array or a map; `flag` is what it calls nulls inside of it.
bool ReadsParts(const json::Object& later, const json::Object& older, const FormerTypes& former) {
  for (const std::string_view flag : {"containsNull", "valueContainsNull"}) {
    if (Flag(older, flag) && !Flag(later, flag)) return false;
  }
  return std::ranges::all_of(
      std::initializer_list<std::string_view>{"elementType", "keyType", "valueType"},
      [&](std::string_view part) {
        const json::Value* inner = later.if_contains(part);
        const json::Value* before = older.if_contains(part);
        if (inner == nullptr || before == nullptr) return inner == before;
        return ReadsType(inner, before, former);
      });
}

bool ReadsType(const json::Value* later, const json::Value* older, const FormerTypes& former) {
  if (later == nullptr || older == nullptr) return false;
  if (later->is_string() && older->is_string()) {
    const std::string_view before(older->get_string().data(), older->get_string().size());
    return later->get_string() == older->get_string() || former.contains(before);
  }
  if (!later->is_object() || !older->is_object()) return false;
  const json::Object& type = later->get_object();
  if (TextOf(type, "type") != TextOf(older->get_object(), "type")) return false;
  if (TextOf(type, "type") == "struct") return ReadsFields(type, older->get_object());
  return ReadsParts(type, older->get_object(), former);
}

Result<json::Value> Parse(const Metadata& metadata) {
  // A schema is as large as its table is wide.
  Result<json::Value> schema =
      json::Parse(metadata.schema_string, {.size = MiB(256), .depth = kMaxDepth});
  if (schema.has_value() && schema->is_object()) return schema;
  return Fail(Code::kCorrupt, "the table's schema is broken: it is not a JSON object",
              schema.has_value() ? "" : schema.error().message);
}

// By their physical names.
std::vector<std::string_view> PartitionColumns(const Metadata& metadata,
                                               const json::Object& schema) {
  std::vector<std::string_view> columns(metadata.partition_columns.begin(),
                                        metadata.partition_columns.end());
  const json::Array* fields = FieldsOf(schema);
  if (fields == nullptr) return columns;
  for (std::string_view& column : columns) {
    for (const json::Value& field : *fields) {
      if (!field.is_object() || TextOf(field.get_object(), "name") != column) continue;
      column = PhysicalName(field.get_object());
      break;
    }
  }
  return columns;
}

}  // namespace

Result<bool> ReadsOlderFiles(const Metadata& later, const Metadata& older) {
  const bool same_columns = later.partition_columns == older.partition_columns;
  if (same_columns && later.schema_string == older.schema_string) return true;
  const json::Value schema = TRY(Parse(later));
  const json::Value before = TRY(Parse(older));
  return ReadsFields(schema.get_object(), before.get_object()) &&
         PartitionColumns(later, schema.get_object()) ==
             PartitionColumns(older, before.get_object());
}

}  // namespace sluice::delta
