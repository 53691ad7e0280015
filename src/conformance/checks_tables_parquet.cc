// Is what a table holds what the answer to a query says? In parquet format, which every client
// reads.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <set>

#include "base/encoding.h"
#include "conformance/catalogue.h"
#include "conformance/made_rows.h"
#include "conformance/sections.h"
#include "conformance/table_query.h"
#include "engine/sql_text.h"

namespace sluice::conformance {
namespace {

constexpr std::string_view kAll = "{}";

Result<Told> QueryAll(Context& context) {
  return QueryTable(context, context.table(), std::string(kAll));
}

Status Headers(Context& context) {
  const Told reply = TRY(QueryAll(context));
  context.ExpectHeader(
      reply.answer, "Content-Type", "application/x-ndjson; charset=utf-8",
      [](std::string_view type) { return AsciiLower(type).starts_with("application/x-ndjson"); });
  ExpectVersionHeader(context, reply.answer, Made(context).Latest());
  return {};
}

// What a schema says of its columns: [name, type] of each. JSON, so that the order of members is
// nobody's concern.
json::Array ColumnsOf(std::string_view schema) {
  json::Array columns;
  const auto parsed = json::Parse(schema);
  const json::Object* object = parsed.has_value() ? parsed->if_object() : nullptr;
  const json::Array* fields = object == nullptr ? nullptr : ArrayMember(*object, "fields");
  if (fields == nullptr || TextMember(*object, "type") != "struct") return columns;
  for (const json::Value& value : *fields) {
    const json::Object* field = value.if_object();
    if (field == nullptr || !field->contains("type")) continue;
    columns.push_back(json::Array{TextMember(*field, "name").value_or(""), field->at("type")});
  }
  return columns;
}

Status MetadataFields(Context& context) {
  const Told reply = TRY(QueryAll(context));
  TRY(context.Require(reply.table.metadata.size() == 1, reply.answer, "one line 'metaData'"));
  const json::Object& metadata = reply.table.metadata[0];
  const delta::Metadata made = Made(context).Metadata();
  context.Expect(!TextMember(metadata, "id").value_or("").empty(), reply.answer, "an id");
  const json::Object* format = ObjectMember(metadata, "format");
  context.Expect(format != nullptr && TextMember(*format, "provider") == "parquet", reply.answer,
                 R"("format": {"provider": "parquet"})");
  const std::string schema = TextMember(metadata, "schemaString").value_or("");
  context.Expect(ColumnsOf(schema) == ColumnsOf(made.schema_string), reply.answer,
                 "a schemaString with the columns " + made.schema_string, schema);
  const json::Array* partitions = ArrayMember(metadata, "partitionColumns");
  json::Array expected;
  for (const auto& name : made.partition_columns) expected.emplace_back(name);
  context.Expect(partitions != nullptr && *partitions == expected, reply.answer,
                 "partitionColumns " + json::Serialize(expected));
  return {};
}

Status Rows(Context& context) {
  const Told reply = TRY(QueryAll(context));
  const MadeTable& table = Made(context);
  ExpectVersionHeader(context, reply.answer, table.Latest());
  return ExpectVersion(context, table, reply, table.Latest());
}

Status NoFiles(Context& context) {
  const Told reply = TRY(QueryAll(context));
  context.Expect(reply.table.files.empty(), reply.answer, "no file");
  context.Expect(reply.table.metadata.size() == 1, reply.answer, "'metaData' all the same");
  return {};
}

// "day=2024-01-01 city=NULL": an empty text is NULL, too.
std::string PartitionText(const json::Object& values, const MadeTable& table) {
  std::string text;
  for (const auto& name : table.partition_columns) {
    const std::string value = TextMember(values, name).value_or("");
    text += fmt::format("{}={} ", name, value.empty() ? "NULL" : value);
  }
  return text + (values.size() == table.partition_columns.size() ? "" : "and others");
}

Status PartitionValues(Context& context) {
  const Told reply = TRY(QueryAll(context));
  const MadeTable& table = Made(context);
  std::multiset<std::string> expected;
  for (const MadeFile* file : LiveFiles(table, table.Latest())) {
    json::Object values;
    for (const auto& [name, value] : file->partition_values) values[name] = value.value_or("");
    expected.insert(PartitionText(values, table));
  }
  std::multiset<std::string> came;
  for (const DataFile& file : reply.table.files) {
    came.insert(PartitionText(file.partition_values, table));
  }
  context.Expect(came == expected, reply.answer,
                 fmt::format("files with {}", fmt::join(expected, "; ")),
                 fmt::format("{}", fmt::join(came, "; ")));
  return {};
}

// Statistics of a file, which may be missing, against its rows: numRecords, and for the column id,
// which has values in all of them, the bounds.
Status ExpectTrueStatistics(Context& context, const Told& reply, const DataFile& file,
                            const ReceivedFile& fetched) {
  const auto stats = json::Parse(*file.stats);
  TRY(context.Require(stats.has_value() && stats->is_object(), reply.answer,
                      "stats that are the text of a JSON object", *file.stats));
  const auto rows = TRY(context.server().engine().Query(
      "SELECT count(*), min(id), max(id), count(*) - count(name) FROM read_parquet(" +
      engine::SqlString(fetched.path) + ")"));
  const auto number = [&](size_t column) { return std::stoll(rows.rows.at(0).at(column).value()); };
  const json::Object& object = stats->get_object();
  const auto bound = [&](std::string_view member, std::string_view column) {
    const json::Object* values = ObjectMember(object, member);
    return values == nullptr ? std::nullopt : IntMember(*values, column);
  };
  const auto count = IntMember(object, "numRecords");
  context.Expect(!count || *count == number(0), reply.answer,
                 fmt::format("numRecords {}", number(0)), *file.stats);
  context.Expect(bound("minValues", "id").value_or(number(1)) <= number(1) &&
                     bound("maxValues", "id").value_or(number(2)) >= number(2),
                 reply.answer, fmt::format("bounds of id around {} to {}", number(1), number(2)),
                 *file.stats);
  context.Expect(bound("nullCount", "name").value_or(number(3)) == number(3), reply.answer,
                 fmt::format("nullCount of name {}", number(3)), *file.stats);
  return {};
}

Status StatisticsAreTrue(Context& context) {
  const Told reply = TRY(QueryAll(context));
  Downloads downloads = TRY(Downloads::Make());
  size_t seen = 0;
  for (const DataFile& file : reply.table.files) {
    if (!file.stats) continue;
    const ReceivedFile fetched = TRY(downloads.Fetch(context, reply, file));
    TRY(ExpectTrueStatistics(context, reply, file, fetched));
    ++seen;
  }
  context.Note(fmt::format("{} of {} files come with statistics", seen, reply.table.files.size()));
  if (seen == 0) return context.Skip("the server sends no statistics");
  return {};
}

Status StatisticsAreSent(Context& context) {
  const Told reply = TRY(QueryAll(context));
  size_t seen = 0;
  for (const DataFile& file : reply.table.files) seen += file.stats.has_value() ? 1 : 0;
  context.Expect(seen >= 5, reply.answer, "stats of the files whose table has them",
                 fmt::format("{} of {} files have stats", seen, reply.table.files.size()));
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "query.headers",
     .title = "The headers say the content's type and the table's version",
     .section = kReadData,
     .level = Level::kRequired,
     .needs = NeedsMade("history"),
     .run = Headers},
    {.id = "query.metadata",
     .title = "The metaData line has the fields it must have, and the table's columns",
     .section = kMetadataParquet,
     .level = Level::kRequired,
     .needs = NeedsMade("plain"),
     .run = MetadataFields},
    {.id = "query.metadata-partitions",
     .title = "The metaData line names the partition columns in their order",
     .section = kMetadataParquet,
     .level = Level::kRequired,
     .needs = NeedsMade("partitioned"),
     .run = MetadataFields},
    {.id = "query.rows",
     .title = "Values of every primitive type arrive, extreme ones too",
     .section = kReadData,
     .level = Level::kRequired,
     .needs = NeedsMade("plain"),
     .run = Rows},
    {.id = "query.nested-schema",
     .title = "The schema tells structs, lists and maps",
     .section = kSchemaObject,
     .level = Level::kRequired,
     .needs = NeedsMade("nested"),
     .run = MetadataFields},
    {.id = "query.nested-rows",
     .title = "Structs, lists and maps arrive",
     .section = kReadData,
     .level = Level::kRequired,
     .needs = NeedsMade("nested"),
     .run = Rows},
    {.id = "query.empty-table",
     .title = "A table without files is answered without files",
     .section = kReadData,
     .level = Level::kRequired,
     .needs = NeedsMade("empty"),
     .run = NoFiles},
    {.id = "query.partition-values",
     .title = "Partition values are the table's, NULL and odd characters included",
     .section = kPartitionValues,
     .level = Level::kRequired,
     .needs = NeedsMade("partitioned"),
     .run = PartitionValues},
    {.id = "query.partition-rows",
     .title = "Files in folders with escaped names can be fetched",
     .section = kFileParquet,
     .level = Level::kRequired,
     .needs = NeedsMade("partitioned"),
     .run = Rows},
    {.id = "query.checkpointed",
     .title = "A table that begins with a checkpoint has its rows",
     .section = kReadData,
     .level = Level::kRequired,
     .needs = NeedsMade("checkpointed"),
     .run = Rows},
    {.id = "query.overwritten",
     .title = "Files that were removed are not in the answer",
     .section = kReadData,
     .level = Level::kRequired,
     .needs = NeedsMade("history"),
     .run = Rows},
    {.id = "stats.true",
     .title = "Statistics that are sent are true",
     .section = kStatistics,
     .level = Level::kRequired,
     .needs = NeedsMade("stats"),
     .run = StatisticsAreTrue},
    {.id = "stats.sent",
     .title = "Statistics that the table has are sent",
     .section = kStatistics,
     .level = Level::kRecommended,
     .needs = NeedsMade("stats"),
     .run = StatisticsAreSent,
     .remark = "Clients skip files by them"},
});

}  // namespace

std::span<const Check> ParquetTableChecks() { return kChecks; }

}  // namespace sluice::conformance
