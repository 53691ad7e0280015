#include "engine/row_sql.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "delta/number.h"
#include "delta/time_text.h"
#include "delta/value_type.h"
#include "engine/sql_text.h"

namespace sluice::engine {
namespace {

using delta::ColumnMapping;
using delta::SchemaField;
using delta::SchemaType;

constexpr int kLongestText = 4096;   // characters
constexpr int kLongestBytes = 3072;  // of binary: as many characters of base64
constexpr int kMostItems = 1000;     // of a list or map
constexpr std::string_view kNull = "CAST(NULL AS JSON)";

std::unexpected<Error> DoesNotFit(std::string_view type) {
  return Fail(Code::kUnsupported,
              fmt::format("a file has a column of a type that cannot be read as {}", type));
}

bool IsInteger(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT: return true;
    default: return false;
  }
}

bool IsSmallInteger(duckdb_type id) {
  return id == DUCKDB_TYPE_TINYINT || id == DUCKDB_TYPE_SMALLINT || id == DUCKDB_TYPE_INTEGER;
}

bool IsPlainTimestamp(duckdb_type id) {
  return id == DUCKDB_TYPE_TIMESTAMP || id == DUCKDB_TYPE_TIMESTAMP_S ||
         id == DUCKDB_TYPE_TIMESTAMP_MS || id == DUCKDB_TYPE_TIMESTAMP_NS;
}

std::string_view IntegerName(int bits) {
  switch (bits) {
    case 8: return "TINYINT";
    case 16: return "SMALLINT";
    case 32: return "INTEGER";
    default: return "BIGINT";
  }
}

// A value of a primitive type as SQL of just that type, whatever the file has it as; where a cast
// cannot be exact, the statement fails. Empty: it does not fit.
std::string TypedSql(const delta::Type& type, std::string_view name, const ColumnType& have,
                     const std::string& sql) {
  using delta::Family;
  const duckdb_type id = have.id;
  switch (type.family) {
    case Family::kBool: return id == DUCKDB_TYPE_BOOLEAN ? sql : "";
    case Family::kInteger:
      return IsInteger(id) ? fmt::format("CAST({} AS {})", sql, IntegerName(type.bits)) : "";
    case Family::kDecimal: {
      const bool fits = IsInteger(id) || (id == DUCKDB_TYPE_DECIMAL && have.scale <= type.scale);
      return fits ? fmt::format("CAST({} AS DECIMAL({},{}))", sql, type.precision, type.scale) : "";
    }
    case Family::kFloat: return id == DUCKDB_TYPE_FLOAT ? sql : "";
    case Family::kDouble: {
      const bool fits = id == DUCKDB_TYPE_DOUBLE || id == DUCKDB_TYPE_FLOAT || IsSmallInteger(id);
      return fits ? fmt::format("CAST({} AS DOUBLE)", sql) : "";
    }
    case Family::kDate: return id == DUCKDB_TYPE_DATE ? sql : "";
    case Family::kTimestamp:
      // INT96 comes without a zone, and means UTC.
      return id == DUCKDB_TYPE_TIMESTAMP_TZ || IsPlainTimestamp(id)
                 ? fmt::format("make_timestamp(epoch_us({}))", sql)
                 : "";
    case Family::kTimestampNtz:
      if (id == DUCKDB_TYPE_DATE) return fmt::format("CAST({} AS TIMESTAMP)", sql);
      return IsPlainTimestamp(id) ? fmt::format("make_timestamp(epoch_us({}))", sql) : "";
    default: break;
  }
  if (name == "string") {
    if (id == DUCKDB_TYPE_BLOB) return fmt::format("decode({})", sql);
    return id == DUCKDB_TYPE_VARCHAR || id == DUCKDB_TYPE_ENUM
               ? fmt::format("CAST({} AS VARCHAR)", sql)
               : "";
  }
  if (name == "binary") {
    if (id == DUCKDB_TYPE_VARCHAR) return fmt::format("encode({})", sql);
    return id == DUCKDB_TYPE_BLOB ? sql : "";
  }
  return {};
}

// SQL of a primitive type as SQL of type JSON. `{0}` stands for the value.
std::string JsonOf(const delta::Type& type, std::string_view name, const std::string& sql) {
  using delta::Family;
  constexpr std::string_view kTime = "strftime({0}, '%Y-%m-%dT%H:%M:%S.%f')";
  const auto made = [&](std::string_view pattern) {
    return fmt::format(fmt::runtime(pattern), sql);
  };
  switch (type.family) {
    case Family::kInteger:
      if (type.bits < 64) return made("to_json({0})");
      return made(
          "CASE WHEN {0} BETWEEN -9007199254740991 AND 9007199254740991 THEN to_json({0}) "
          "ELSE to_json(CAST({0} AS VARCHAR)) END");
    case Family::kFloat:
    case Family::kDouble:
      return made(
          "CASE WHEN isfinite({0}) THEN CAST(CAST({0} AS VARCHAR) AS JSON) ELSE to_json(CASE WHEN "
          "isnan({0}) THEN 'NaN' WHEN {0} > 0 THEN 'Infinity' WHEN {0} < 0 THEN '-Infinity' END) "
          "END");
    case Family::kTimestamp: return made("to_json(" + std::string(kTime) + " || 'Z')");
    case Family::kTimestampNtz: return made("to_json(" + std::string(kTime) + ")");
    case Family::kBool: return made("to_json({0})");
    default: break;
  }
  if (name == "string") {
    return fmt::format(
        "to_json(CASE WHEN length({0}) > {1} THEN left({0}, {1}) || '…' ELSE {0} END)", sql,
        kLongestText);
  }
  if (name == "binary") {
    return fmt::format(
        "to_json(CASE WHEN octet_length({0}) > {1} THEN to_base64(array_slice({0}, 1, {1})) || '…' "
        "ELSE to_base64({0}) END)",
        sql, kLongestBytes);
  }
  return made("to_json(CAST({0} AS VARCHAR))");  // dates, decimals
}

// The type of a column of the schema: strings and binary, too, whatever they compare as.
bool IsShown(const delta::Type& type, std::string_view name) {
  return name == "string" || name == "binary" ||
         (type.family != delta::Family::kOther && type.family != delta::Family::kNull);
}

class ValueSql {
 public:
  explicit ValueSql(ColumnMapping mapping) : mapping_(mapping) {}

  // Null where the file does not have the field. Errors: kUnsupported  two have its name
  Result<const NamedColumnType*> Find(const SchemaField& field, const ColumnType& in) const {
    if (mapping_ == ColumnMapping::kId) {
      const NamedColumnType* found = nullptr;
      for (const NamedColumnType& child : in.children) {
        if (!field.id || child.type.field_id != field.id) continue;
        if (found != nullptr) return DoesNotFit("one column: two have its id");
        found = &child;
      }
      return found;
    }
    const std::string& name = mapping_ == ColumnMapping::kNone ? field.name : field.physical_name;
    const NamedColumnType* found = nullptr;
    for (const NamedColumnType& child : in.children) {
      if (child.name == name) return &child;
      if (!EqualsIgnoreCase(child.name, name)) continue;
      if (found != nullptr) return DoesNotFit("one column: two have its name");
      found = &child;
    }
    return found;
  }

  Result<std::string> Json(const SchemaType& wanted, const ColumnType& have,
                           const std::string& sql) {
    switch (wanted.kind) {
      case SchemaType::Kind::kStruct: return Struct(wanted, have, sql);
      case SchemaType::Kind::kArray: return List(wanted, have, sql);
      case SchemaType::Kind::kMap: return Map(wanted, have, sql);
      case SchemaType::Kind::kPrimitive: break;
    }
    const delta::Type type = delta::ParseType(wanted.name);
    const std::string typed = TypedSql(type, wanted.name, have, sql);
    if (typed.empty()) return DoesNotFit(delta::SqlTypeText(wanted));
    return JsonOf(type, wanted.name, typed);
  }

  // Whether values of the type can be shown at all.
  static Status CheckShown(const SchemaType& type) {
    for (const SchemaType& item : type.items) TRY(CheckShown(item));
    for (const SchemaField& field : type.fields) TRY(CheckShown(field.type));
    if (type.kind != SchemaType::Kind::kPrimitive || type.name == "void") return {};
    if (IsShown(delta::ParseType(type.name), type.name)) return {};
    return Fail(Code::kUnsupported,
                fmt::format("values of the type {} cannot be shown here", type.name));
  }

 private:
  static std::string UnlessNull(const std::string& sql, const std::string& json) {
    return fmt::format("CASE WHEN {} IS NULL THEN {} ELSE {} END", sql, kNull, json);
  }

  Result<std::string> Struct(const SchemaType& wanted, const ColumnType& have,
                             const std::string& sql) {
    if (have.id != DUCKDB_TYPE_STRUCT) return DoesNotFit("a struct");
    std::string members;
    for (const SchemaField& field : wanted.fields) {
      const NamedColumnType* found = TRY(Find(field, have));
      std::string value(kNull);
      if (found != nullptr && field.type.name != "void") {
        const std::string part = fmt::format("struct_extract({}, {})", sql, SqlString(found->name));
        value = TRY(Json(field.type, found->type, part));
      }
      members += fmt::format("{}{}, {}", members.empty() ? "" : ", ", SqlString(field.name), value);
    }
    return UnlessNull(sql, "json_object(" + members + ")");
  }

  Result<std::string> List(const SchemaType& wanted, const ColumnType& have,
                           const std::string& sql) {
    if (have.id != DUCKDB_TYPE_LIST) return DoesNotFit("an array");
    const std::string item = fmt::format("e{}", ++items_);
    const std::string json = TRY(Json(wanted.items.front(), have.children.front().type, item));
    return UnlessNull(
        sql, fmt::format("to_json(list_transform(array_slice({}, 1, {}), lambda {}: {}))", sql,
                         kMostItems, item, json));
  }

  Result<std::string> Map(const SchemaType& wanted, const ColumnType& have,
                          const std::string& sql) {
    if (have.id != DUCKDB_TYPE_MAP) return DoesNotFit("a map");
    const std::string item = fmt::format("e{}", ++items_);
    const std::string key =
        TRY(Json(wanted.items.front(), have.children.front().type, item + ".key"));
    const std::string value =
        TRY(Json(wanted.items.back(), have.children.back().type, item + ".value"));
    return UnlessNull(
        sql, fmt::format("to_json(list_transform(array_slice(map_entries({}), 1, {}), lambda {}: "
                         "json_object('key', {}, 'value', {})))",
                         sql, kMostItems, item, key, value));
  }

  const ColumnMapping mapping_;
  int items_ = 0;  // names of lambdas' parameters
};

std::unexpected<Error> BrokenPartition(const SchemaField& field) {
  return Fail(
      Code::kCorrupt,
      fmt::format("a file's value of the partition column {} is not of its type", field.name));
}

// A partition value as SQL of its type. What is read here is exact: anything else fails.
Result<std::string> PartitionSql(const SchemaField& field, const std::string& text) {
  using delta::Family;
  const delta::Type type = delta::ParseType(field.type.name);
  std::string literal = SqlString(text);
  switch (type.family) {
    case Family::kBool:
      if (EqualsIgnoreCase(text, "true")) return std::string("true");
      if (EqualsIgnoreCase(text, "false")) return std::string("false");
      return BrokenPartition(field);
    case Family::kInteger:
      if (!delta::ParseInteger(text)) return BrokenPartition(field);
      return fmt::format("CAST({} AS {})", literal, IntegerName(type.bits));
    case Family::kDecimal: {
      const auto number = delta::ParseNumber(text);
      if (!number || !delta::WithScale(*number, type.scale)) return BrokenPartition(field);
      return fmt::format("CAST({} AS DECIMAL({},{}))", literal, type.precision, type.scale);
    }
    case Family::kFloat:
    case Family::kDouble:
      if (text != "NaN" && !delta::ParseDouble(text)) return BrokenPartition(field);
      return fmt::format("CAST({} AS {})", literal,
                         type.family == Family::kFloat ? "FLOAT" : "DOUBLE");
    case Family::kDate:
      if (!delta::ParseDay(text)) return BrokenPartition(field);
      return fmt::format("CAST({} AS DATE)", literal);
    case Family::kTimestamp:
    case Family::kTimestampNtz: {
      // Without a zone it is UTC, as the kernels of Delta have it.
      const auto time = delta::ParseTime(text);
      if (!time || (time->has_zone && type.family == Family::kTimestampNtz)) {
        return BrokenPartition(field);
      }
      return fmt::format("make_timestamp(CAST({} AS BIGINT))", time->micros);
    }
    default: break;
  }
  if (field.type.name == "string") return literal;
  if (field.type.name == "binary") return fmt::format("encode({})", literal);
  return BrokenPartition(field);
}

}  // namespace

Result<std::string> ColumnSql(const WantedColumn& wanted, const ColumnType& columns,
                              ColumnMapping mapping) {
  const SchemaField& field = *wanted.field;
  TRY(ValueSql::CheckShown(field.type));
  if (field.type.name == "void") return std::string(kNull);
  if (wanted.is_partition) {
    if (wanted.partition_value.empty()) return std::string(kNull);
    const std::string sql = TRY(PartitionSql(field, wanted.partition_value));
    return JsonOf(delta::ParseType(field.type.name), field.type.name, sql);
  }
  ValueSql values(mapping);
  const NamedColumnType* found = TRY(values.Find(field, columns));
  if (found == nullptr) return std::string(kNull);
  return values.Json(field.type, found->type, "f." + SqlName(found->name));
}

Result<std::string> RowStatement(const std::string& literal, const ColumnType& columns,
                                 const std::vector<WantedColumn>& wanted, ColumnMapping mapping) {
  for (const NamedColumnType& column : columns.children) {
    if (!EqualsIgnoreCase(column.name, "file_row_number")) continue;
    return Fail(Code::kUnsupported, "a file has a column named file_row_number");
  }
  std::string values;
  for (const WantedColumn& one : wanted) {
    values += (values.empty() ? "" : ", ") + TRY(ColumnSql(one, columns, mapping));
  }
  return fmt::format(
      "SELECT file_row_number, CAST(json_array({}) AS VARCHAR) FROM read_parquet({}, "
      "file_row_number = true, hive_partitioning = false, union_by_name = false) AS f",
      values, literal);
}

}  // namespace sluice::engine
