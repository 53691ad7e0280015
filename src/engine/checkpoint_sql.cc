#include "engine/checkpoint_sql.h"

#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "engine/sql_text.h"

namespace sluice::engine {
namespace {

enum class Kind { kText, kInt32, kInt64, kBool, kTextList, kTextMap };
enum class Need { kRequired, kOptional };

// A field of an action: struct column, path inside it, what it must be, and its alias.
struct Field {
  std::vector<std::string_view> path;
  Kind kind;
  Need need = Need::kOptional;
};

constexpr std::string_view SqlType(Kind kind) {
  switch (kind) {
    case Kind::kText: return "VARCHAR";
    case Kind::kInt32: return "INTEGER";
    case Kind::kInt64: return "BIGINT";
    case Kind::kBool: return "BOOLEAN";
    case Kind::kTextList: return "VARCHAR[]";
    case Kind::kTextMap: return "MAP(VARCHAR, VARCHAR)";
  }
  return "VARCHAR";
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

bool IsText(const ColumnType* type) { return type != nullptr && type->id == DUCKDB_TYPE_VARCHAR; }

bool Fits(const ColumnType& type, Kind kind) {
  switch (kind) {
    case Kind::kText: return IsText(&type);
    case Kind::kInt32:
    case Kind::kInt64: return IsInteger(type.id);
    case Kind::kBool: return type.id == DUCKDB_TYPE_BOOLEAN;
    case Kind::kTextList: return type.id == DUCKDB_TYPE_LIST && IsText(type.Child("element"));
    case Kind::kTextMap:
      return type.id == DUCKDB_TYPE_MAP && IsText(type.Child("key")) && IsText(type.Child("value"));
  }
  return false;
}

// "add"."deletionVector"."offset"
std::string Access(std::span<const std::string_view> path) {
  std::string sql;
  for (const auto name : path) sql += (sql.empty() ? "" : ".") + SqlName(name);
  return sql;
}

const ColumnType* Find(const ColumnType& columns, std::span<const std::string_view> path) {
  const ColumnType* type = &columns;
  for (const auto name : path) {
    type = type->Child(name);
    if (type == nullptr) return nullptr;
  }
  return type;
}

std::unexpected<Error> CorruptColumn(const Field& field, std::string_view what) {
  const std::string name = Access(field.path);
  return Fail(Code::kCorrupt,
              "the table's checkpoint is broken: " + std::string(what) + " " + name);
}

// The value of a field as its SQL type, NULL where the file lacks it. An action whose column is
// missing altogether simply does not occur in the file.
Result<std::string> FieldSql(const ColumnType& columns, const Field& field) {
  const std::string type_name(SqlType(field.kind));
  const ColumnType* type = Find(columns, field.path);
  if (type == nullptr) {
    const bool action_occurs = columns.Child(field.path.front()) != nullptr;
    if (field.need == Need::kRequired && action_occurs) return CorruptColumn(field, "no column");
    return "CAST(NULL AS " + type_name + ")";
  }
  if (!Fits(*type, field.kind)) return CorruptColumn(field, "wrong type of column");
  return "CAST(" + Access(field.path) + " AS " + type_name + ")";
}

// Statistics kept as a struct, as the JSON text that Delta defines ("Per-file Statistics"): times
// in ISO 8601 with milliseconds, floats that JSON has no number for as text. `sql` is the value.
std::string StatsValueSql(const ColumnType& type, const std::string& sql) {
  constexpr std::string_view kIsoFormat = "%Y-%m-%dT%H:%M:%S.%g";
  const auto time = [&](std::string_view zone) {
    return "strftime(make_timestamp(epoch_us(" + sql + ")), '" + std::string(kIsoFormat) +
           std::string(zone) + "')";
  };
  switch (type.id) {
    case DUCKDB_TYPE_TIMESTAMP_TZ: return time("Z");
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS: return time("");
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
      return "CASE WHEN isfinite(" + sql + ") THEN CAST(CAST(" + sql +
             " AS VARCHAR) AS JSON) ELSE to_json(CASE WHEN isnan(" + sql + ") THEN 'NaN' WHEN " +
             sql + " > 0 THEN 'Infinity' WHEN " + sql + " < 0 THEN '-Infinity' END) END";
    case DUCKDB_TYPE_STRUCT: {
      if (type.children.empty()) return "NULL";
      std::string fields;
      for (const auto& [name, child] : type.children) {
        fields += (fields.empty() ? "" : ", ") + SqlName(name) +
                  " := " + StatsValueSql(child, sql + "." + SqlName(name));
      }
      return "struct_pack(" + fields + ")";
    }
    default: return sql;
  }
}

bool HasDecimal(const ColumnType& type) {
  if (type.id == DUCKDB_TYPE_DECIMAL) return true;
  for (const auto& [name, child] : type.children) {
    if (HasDecimal(child)) return true;
  }
  return false;
}

// Members without a value are left out, as writers of JSON statistics do. Not so where there are
// decimals: patching reads numbers as doubles, and a bound that is rounded is no bound.
std::string ParsedStatsSql(const ColumnType& parsed) {
  const std::string access = R"("add"."stats_parsed")";
  const std::string whole = "to_json(" + StatsValueSql(parsed, access) + ")";
  const std::string json = HasDecimal(parsed) ? whole : "json_merge_patch('{}', " + whole + ")";
  return "CASE WHEN " + access + " IS NOT NULL THEN CAST(" + json + " AS VARCHAR) END";
}

Result<std::string> StatsSql(const ColumnType& columns) {
  const std::vector<std::string_view> parsed_path = {"add", "stats_parsed"};
  const ColumnType* parsed = Find(columns, parsed_path);
  std::string text = TRY(FieldSql(columns, {{"add", "stats"}, Kind::kText}));
  if (parsed == nullptr || parsed->id != DUCKDB_TYPE_STRUCT) return text;
  return "COALESCE(" + text + ", " + ParsedStatsSql(*parsed) + ")";
}

// In the order of AddColumn; statistics are put in by AddSelect.
std::vector<Field> AddFields() {
  return {{{"add", "path"}, Kind::kText, Need::kRequired},
          {{"add", "partitionValues"}, Kind::kTextMap, Need::kRequired},
          {{"add", "size"}, Kind::kInt64, Need::kRequired},
          {{"add", "modificationTime"}, Kind::kInt64, Need::kRequired},
          {{"add", "dataChange"}, Kind::kBool},
          {{"add", "stats"}, Kind::kText},
          {{"add", "deletionVector", "storageType"}, Kind::kText},
          {{"add", "deletionVector", "pathOrInlineDv"}, Kind::kText},
          {{"add", "deletionVector", "offset"}, Kind::kInt32},
          {{"add", "deletionVector", "sizeInBytes"}, Kind::kInt32},
          {{"add", "deletionVector", "cardinality"}, Kind::kInt64},
          {{"add", "baseRowId"}, Kind::kInt64},
          {{"add", "defaultRowCommitVersion"}, Kind::kInt64},
          {{"add", "clusteringProvider"}, Kind::kText}};
}

// In the order of HeaderColumn.
std::vector<Field> HeaderFields() {
  return {{{"protocol", "minReaderVersion"}, Kind::kInt32, Need::kRequired},
          {{"protocol", "minWriterVersion"}, Kind::kInt32, Need::kRequired},
          {{"protocol", "readerFeatures"}, Kind::kTextList},
          {{"protocol", "writerFeatures"}, Kind::kTextList},
          {{"metaData", "id"}, Kind::kText, Need::kRequired},
          {{"metaData", "name"}, Kind::kText},
          {{"metaData", "description"}, Kind::kText},
          {{"metaData", "format", "provider"}, Kind::kText},
          {{"metaData", "format", "options"}, Kind::kTextMap},
          {{"metaData", "schemaString"}, Kind::kText, Need::kRequired},
          {{"metaData", "partitionColumns"}, Kind::kTextList},
          {{"metaData", "configuration"}, Kind::kTextMap},
          {{"metaData", "createdTime"}, Kind::kInt64},
          {{"checkpointMetadata", "version"}, Kind::kInt64, Need::kRequired},
          {{"sidecar", "path"}, Kind::kText, Need::kRequired},
          {{"sidecar", "sizeInBytes"}, Kind::kInt64, Need::kRequired},
          {{"sidecar", "modificationTime"}, Kind::kInt64, Need::kRequired}};
}

// The select list, each field under the alias c<number>.
Result<std::string> SelectList(const ColumnType& columns, const std::vector<Field>& fields) {
  std::string list;
  for (size_t i = 0; i < fields.size(); ++i) {
    const bool is_stats = fields[i].path == std::vector<std::string_view>{"add", "stats"};
    const std::string sql = is_stats ? TRY(StatsSql(columns)) : TRY(FieldSql(columns, fields[i]));
    list += (i == 0 ? "" : ", ") + sql + " AS c" + std::to_string(i);
  }
  return list;
}

std::string FromFiles(const std::string& literals) {
  return " FROM read_parquet([" + literals +
         "], binary_as_string = true, hive_partitioning = false, union_by_name = false)";
}

bool OccursIn(const ColumnType& columns, const std::vector<Field>& fields) {
  for (const auto& field : fields) {
    if (columns.Child(field.path.front()) != nullptr) return true;
  }
  return false;
}

// One SELECT for all files that need the same select list, put together with UNION ALL. Empty: none
// of the fields occurs in any file.
Result<std::string> SelectAll(const std::vector<CheckpointFile>& files,
                              const std::vector<Field>& fields, std::string_view where) {
  std::map<std::string, std::string> literals_by_list;
  for (const auto& file : files) {
    if (!OccursIn(file.columns, fields)) continue;
    std::string& literals = literals_by_list[TRY(SelectList(file.columns, fields))];
    literals += (literals.empty() ? "" : ", ") + file.literal;
  }
  std::string sql;
  for (const auto& [list, literals] : literals_by_list) {
    sql += std::string(sql.empty() ? "" : " UNION ALL ") + "SELECT * FROM (SELECT " + list +
           FromFiles(literals) + ") WHERE " + std::string(where);
  }
  return sql;
}

std::string Alias(AddColumn column) { return "c" + std::to_string(static_cast<int>(column)); }
std::string Alias(HeaderColumn column) { return "c" + std::to_string(static_cast<int>(column)); }

}  // namespace

std::string SchemaStatement(const std::string& literal) {
  return "SELECT *" + FromFiles(literal) + " LIMIT 0";
}

Result<std::string> HeaderStatement(const std::vector<CheckpointFile>& files) {
  std::string present;
  for (const auto column : {HeaderColumn::kMinReader, HeaderColumn::kMinWriter, HeaderColumn::kId,
                            HeaderColumn::kSchema, HeaderColumn::kCheckpointVersion,
                            HeaderColumn::kSidecarPath, HeaderColumn::kSidecarSize}) {
    present += (present.empty() ? "" : " OR ") + Alias(column) + " IS NOT NULL";
  }
  return SelectAll(files, HeaderFields(), present);
}

Result<std::string> AddStatement(const std::vector<CheckpointFile>& files) {
  const std::string present =
      Alias(AddColumn::kPath) + " IS NOT NULL OR " + Alias(AddColumn::kSize) + " IS NOT NULL";
  return SelectAll(files, AddFields(), present);
}

}  // namespace sluice::engine
