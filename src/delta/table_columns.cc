#include "delta/table_columns.h"

#include <simdjson.h>

#include <algorithm>

#include "base/encoding.h"
#include "delta/column_mapping.h"

namespace sluice::delta {
namespace {

namespace dom = simdjson::dom;
using Field = TableColumns::Field;

constexpr int kMaxDepth = 100;

enum class Names { kLogical, kPhysical };
enum class Case { kExact, kIgnored };

bool IsElement(const simdjson::simdjson_result<dom::element>& element) {
  return element.error() == simdjson::SUCCESS;
}

// char(n) is padded by some and not by others; other collations have another order, and another
// idea of what is equal.
bool ComparesAsBytes(dom::element field) {
  const auto metadata = field["metadata"];
  std::string_view declared;
  if (metadata["__CHAR_VARCHAR_TYPE_STRING"].get(declared) == simdjson::SUCCESS &&
      declared.starts_with("char")) {
    return false;
  }
  return !IsElement(metadata["__COLLATIONS"]);
}

// Whether the column's type was widened from float: texts of that time are short for a double.
bool WasFloat(dom::element field) {
  dom::array changes;
  if (field["metadata"]["delta.typeChanges"].get(changes) != simdjson::SUCCESS) return false;
  return std::any_of(changes.begin(), changes.end(), [](dom::element change) {
    std::string_view from;
    return change["fromType"].get(from) == simdjson::SUCCESS && from == "float";
  });
}

Type TypeOf(dom::element field) {
  std::string_view name;
  if (field["type"].get(name) != simdjson::SUCCESS) return {};
  Type type = ParseType(name);
  if (type.family == Family::kString && !ComparesAsBytes(field)) return {};
  if (type.family == Family::kDouble) type.was_float = WasFloat(field);
  return type;
}

std::vector<Field> ReadFields(dom::element type, Names names, int depth) {
  std::vector<Field> result;
  dom::array fields;
  if (depth > kMaxDepth || type["fields"].get(fields) != simdjson::SUCCESS) return result;
  for (const dom::element element : fields) {
    Field field;
    std::string_view name;
    if (element["name"].get(name) != simdjson::SUCCESS) continue;
    field.name = name;
    std::string_view physical = names == Names::kLogical ? name : "";
    if (names == Names::kPhysical && element["metadata"]["delta.columnMapping.physicalName"].get(
                                         physical) != simdjson::SUCCESS) {
      physical = "";
    }
    field.physical_name = physical;
    field.type = TypeOf(element);
    dom::element inner;
    std::string_view kind;
    if (element["type"].get(inner) == simdjson::SUCCESS &&
        inner["type"].get(kind) == simdjson::SUCCESS && kind == "struct") {
      field.fields = ReadFields(inner, names, depth + 1);
    }
    result.push_back(std::move(field));
  }
  return result;
}

bool Same(std::string_view a, std::string_view b, Case mode) {
  return mode == Case::kExact ? a == b : EqualsIgnoreCase(a, b);
}

// Every column that `name` may mean: names may have dots in them.
void Collect(const std::vector<Field>& fields, std::string_view name, Case mode,
             std::vector<std::string>& path, std::vector<TableColumn>& found) {
  for (const Field& field : fields) {
    const size_t length = field.name.size();
    if (name.size() < length || !Same(name.substr(0, length), field.name, mode)) continue;
    path.push_back(field.physical_name);
    if (name.size() == length) {
      found.push_back({path, field.is_partition, field.type});
    } else if (name[length] == '.') {
      Collect(field.fields, name.substr(length + 1), mode, path, found);
    }
    path.pop_back();
  }
}

}  // namespace

TableColumns::TableColumns(const Protocol& protocol, const Metadata& metadata) {
  const auto mapping = ColumnMappingOf(protocol, metadata);
  if (!mapping.has_value()) return;
  const Names names = *mapping == ColumnMapping::kNone ? Names::kLogical : Names::kPhysical;
  dom::parser parser;
  dom::element root;
  const std::string& schema = metadata.schema_string;
  if (parser.parse(schema.data(), schema.size()).get(root) != simdjson::SUCCESS) return;
  fields_ = ReadFields(root, names, 0);
  for (const std::string& partition : metadata.partition_columns) {
    for (Field& field : fields_) {
      if (EqualsIgnoreCase(field.name, partition)) field.is_partition = true;
    }
  }
}

std::optional<TableColumn> TableColumns::Find(std::string_view name) const {
  for (const Case mode : {Case::kExact, Case::kIgnored}) {
    std::vector<std::string> path;
    std::vector<TableColumn> found;
    Collect(fields_, name, mode, path, found);
    if (found.empty()) continue;
    const auto& names = found.front().path;
    if (found.size() > 1 || std::find(names.begin(), names.end(), "") != names.end()) break;
    return std::move(found.front());
  }
  return std::nullopt;
}

}  // namespace sluice::delta
