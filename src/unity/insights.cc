#include "unity/insights.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "delta/column_mapping.h"
#include "delta/schema_tree.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

constexpr size_t kUsualRows = 50;
constexpr size_t kMostRows = 1000;

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failure == std::errc() && end == text.data() + text.size() && number >= 0;
  return whole ? std::optional(number) : std::nullopt;
}

json::Value BoundJson(const delta::Bound& bound) {
  if (bound.is_bool) return bound.text == "true";
  if (!bound.is_number) return json::Value(bound.text);
  // What doubles do not hold stays a text.
  constexpr int64_t kSafe = 9'007'199'254'740'991;
  if (const auto whole = delta::ParseInteger(bound.text)) {
    if (*whole >= -kSafe && *whole <= kSafe) return *whole;
    return json::Value(bound.text);
  }
  const bool is_decimal = std::holds_alternative<delta::Number>(bound.value);
  const auto real = is_decimal ? std::nullopt : delta::ParseDouble(bound.text);
  return real ? json::Value(*real) : json::Value(bound.text);
}

json::Value CountOrNull(const std::optional<int64_t>& count) {
  return count ? json::Value(*count) : json::Value(nullptr);
}

json::Object ColumnJson(const delta::ColumnSummary& column) {
  json::Object object{{"name", column.name}, {"type_text", column.type}};
  if (column.least) object["min"] = BoundJson(*column.least);
  if (column.most) object["max"] = BoundJson(*column.most);
  object["null_count"] = CountOrNull(column.nulls);
  object["files_with_statistics"] = column.files_with_statistics;
  object["exact"] = column.exact && column.files_with_statistics > 0;
  return object;
}

json::Array Texts(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

// The names of columns for those of files.
json::Object ByColumnNames(const json::Value& values, const std::vector<delta::SchemaField>& fields,
                           bool mapped) {
  json::Object named;
  if (!values.is_object()) return named;
  for (const auto& member : values.as_object()) {
    const std::string_view key(member.key().data(), member.key().size());
    const auto field = std::ranges::find_if(fields, [&](const delta::SchemaField& one) {
      return mapped ? one.physical_name == key : EqualsIgnoreCase(one.name, key);
    });
    named[field == fields.end() ? key : std::string_view(field->name)] = member.value();
  }
  return named;
}

// What the writer calls what he did, if it is a word of that kind: recipients read it.
bool IsOperationName(std::string_view text) {
  constexpr size_t kLongest = 40;
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || c == ' ' || c == '_';
  });
}

}  // namespace

Result<std::optional<delta::Version>> VersionOf(const net::Request& request) {
  const auto text = request.query.Find("version");
  if (!text || text->empty()) return std::nullopt;
  const auto number = WholeNumber(*text);
  if (!number) return catalog::InvalidParameter("version must be a whole number, not negative.");
  return *number;
}

Result<size_t> RowLimitOf(const net::Request& request) {
  const auto text = request.query.Find("limit");
  if (!text) return kUsualRows;
  const auto number = WholeNumber(*text);
  if (!number || *number > static_cast<int64_t>(kMostRows)) {
    return catalog::InvalidParameter("limit must be a whole number from 0 to 1000.");
  }
  return *number == 0 ? kUsualRows : static_cast<size_t>(*number);
}

Result<std::optional<delta::Version>> NextVersionOf(const ListPage& page) {
  if (page.after().empty()) return std::nullopt;
  const auto number = WholeNumber(page.after());
  if (!number || *number == 0) return catalog::InvalidParameter("Invalid page_token.");
  return *number - 1;
}

Error TableFailure(Error error) {
  if (error.code == Code::kPermissionDenied) {
    // The caller may read the table, it is the server that may not.
    const std::string told = error.message;
    error = std::move(error).Context(told);
    error.code = Code::kCorrupt;
    error.reason = "STORAGE_ACCESS_DENIED";
    error.message = "The server is not allowed to read the files of the table.";
  }
  if (error.code == Code::kNotFound) {
    const std::string told = error.message;
    error = std::move(error).Context(told);
    error.code = Code::kCorrupt;
    error.message = "The files of the table cannot be found.";
  }
  return error;
}

json::Object CommitJson(const delta::CommitSummary& commit) {
  json::Object object{{"version", commit.version}, {"timestamp", ToUnixMillis(commit.time)}};
  PutText(object, "operation", commit.operation);
  PutMap(object, "operation_parameters", commit.parameters);
  PutMap(object, "operation_metrics", commit.metrics);
  PutText(object, "user_name", commit.user_name);
  PutText(object, "engine_info", commit.engine_info);
  if (commit.files) {
    object["num_added_files"] = commit.files->added;
    object["num_removed_files"] = commit.files->removed;
    object["added_bytes"] = commit.files->added_bytes;
    object["removed_bytes"] = commit.files->removed_bytes;
  } else {
    object["incomplete"] = true;
  }
  object["schema_changed"] = commit.has_metadata;
  object["protocol_changed"] = commit.has_protocol;
  return object;
}

json::Object SharedCommitJson(const delta::CommitSummary& commit) {
  json::Object object{{"version", commit.version}, {"timestamp", ToUnixMillis(commit.time)}};
  if (IsOperationName(commit.operation)) object["operation"] = commit.operation;
  object["schema_changed"] = commit.has_metadata;
  return object;
}

void PutCounts(json::Object& object, const delta::RowCounts& counts) {
  object["num_files"] = counts.files;
  object["size_bytes"] = counts.bytes;
  object["num_records"] = CountOrNull(counts.records());
}

json::Object StatisticsJson(const delta::Snapshot& snapshot, const delta::TableStatistics& told) {
  const delta::Protocol& protocol = snapshot.protocol();
  const delta::Metadata& metadata = snapshot.metadata();
  json::Object object{{"version", snapshot.version()},
                      {"timestamp", ToUnixMillis(snapshot.commit_time())}};
  PutCounts(object, told.counts);
  object["num_records_known"] = told.counts.known_records;
  object["num_deleted_records"] = told.counts.deleted_records;
  object["partition_columns"] = Texts(metadata.partition_columns);
  json::Array columns;
  for (const delta::ColumnSummary& column : told.columns) columns.push_back(ColumnJson(column));
  object["columns"] = std::move(columns);
  object["columns_truncated"] = told.more_columns;
  object["min_reader_version"] = protocol.min_reader_version;
  object["min_writer_version"] = protocol.min_writer_version;
  object["reader_features"] = Texts(protocol.reader_features.value_or(std::vector<std::string>()));
  object["writer_features"] = Texts(protocol.writer_features.value_or(std::vector<std::string>()));
  json::Object properties;
  for (const auto& [key, value] : metadata.configuration) properties[key] = value;
  object["properties"] = std::move(properties);
  return object;
}

Result<json::Array> FilesJson(const delta::Snapshot& snapshot, size_t most) {
  const auto fields = TRY(delta::ReadSchemaTree(snapshot.metadata().schema_string));
  const bool mapped = TRY(delta::ColumnMappingOf(snapshot.protocol(), snapshot.metadata())) !=
                      delta::ColumnMapping::kNone;
  json::Array files;
  delta::FileCursor cursor = snapshot.Files();
  while (files.size() < most) {
    const delta::FileEntry* file = TRY(cursor.Next());
    if (file == nullptr) break;
    const auto values = json::Parse(file->partition_values);
    const int64_t deleted =
        file->deletion_vector == nullptr ? 0 : file->deletion_vector->cardinality;
    json::Object one;
    one["partition_values"] = ByColumnNames(values.value_or(json::Value()), fields, mapped);
    one["size"] = file->size;
    one["num_records"] = json::Value(nullptr);
    if (file->num_records && *file->num_records >= deleted) {
      one["num_records"] = *file->num_records - deleted;
    }
    files.push_back(std::move(one));
  }
  return files;
}

Result<std::string> SampleText(const Services& services, const std::string& location,
                               const std::shared_ptr<const delta::Snapshot>& snapshot,
                               const engine::RowsWanted& wanted) {
  if (services.rows == nullptr || services.sharing == nullptr) {
    return Fail(Code::kUnsupported, "This server shows no rows.");
  }
  const auto open = [&snapshots = services.snapshots](const std::string& at) {
    return snapshots.Store(at);
  };
  const engine::RowsRead read = TRY(
      services.rows->Read({snapshot, location, *services.sharing->options.external, open}, wanted));
  std::string text = fmt::format(R"({{"version":{},"columns":[)", snapshot->version());
  for (const delta::SchemaField& column : read.columns) {
    if (!text.ends_with('[')) text += ',';
    text += R"({"name":)";
    json::AppendQuoted(column.name, text);
    text += R"(,"type_text":)";
    json::AppendQuoted(delta::SqlTypeText(column.type), text);
    text += '}';
  }
  text += R"(],"rows":[)";
  for (const std::string& row : read.rows) {
    if (!text.ends_with('[')) text += ',';
    text += row;
  }
  return text + (read.more ? R"(],"truncated":true})" : R"(],"truncated":false})");
}

}  // namespace sluice::unity
