// The same in delta format, and tables that can only be read in it.
#include <fmt/format.h>

#include <array>

#include "base/encoding.h"
#include "conformance/catalogue.h"
#include "conformance/made_rows.h"
#include "conformance/sections.h"
#include "conformance/table_query.h"

namespace sluice::conformance {
namespace {

// A server need not know the features that a table of ours needs, but then it refuses.
Result<Answer> AskOrSkip(Context& context, HeaderList headers) {
  Answer answer = TRY(context.Post(context.table().Path("/query"), "{}", std::move(headers)));
  const bool feature = Made(context).protocol.min_reader_version > 1;
  if (feature && answer.status >= 400 && answer.status < 500) {
    return context.Skip("the server refuses the table: it does not offer this feature of Delta's");
  }
  return answer;
}

Result<Told> QueryDelta(Context& context) {
  Answer answer = TRY(AskOrSkip(context, HeadersFor(Format::kDelta)));
  return RequireFormat(context, std::move(answer), Format::kDelta);
}

Status Rows(Context& context) {
  const Told reply = TRY(QueryDelta(context));
  const MadeTable& table = Made(context);
  ExpectVersionHeader(context, reply.answer, table.Latest());
  return ExpectVersion(context, table, reply, table.Latest());
}

Status Wrappers(Context& context) {
  const Told reply = TRY(QueryDelta(context));
  const auto& table = reply.table;
  TRY(context.Require(table.order.size() > 2, reply.answer, "protocol, metaData and files"));
  context.Expect(table.order[0] == "protocol" && table.order[1] == "metaData", reply.answer,
                 "protocol, then metaData");
  TRY(context.Require(table.protocols.size() == 1 && table.metadata.size() == 1, reply.answer,
                      "one protocol and one metaData"));
  context.Expect(table.protocols[0].contains("minReaderVersion") &&
                     table.protocols[0].contains("minWriterVersion"),
                 reply.answer, "deltaProtocol to be a Delta protocol action");
  for (const std::string_view name : {"id", "format", "schemaString", "partitionColumns"}) {
    context.Expect(table.metadata[0].contains(name), reply.answer,
                   fmt::format("'{}' in deltaMetadata", name));
  }
  for (const DataFile& file : table.files) {
    context.Expect(file.action == "add", reply.answer, "deltaSingleAction with 'add'", file.action);
    context.Expect(!file.id.empty(), reply.answer, "an id in each file");
    context.Expect(file.url.starts_with("http"), reply.answer, "a link as path", file.url);
    for (const std::string_view name :
         {"partitionValues", "size", "modificationTime", "dataChange"}) {
      context.Expect(file.fields.contains(name), reply.answer,
                     fmt::format("'{}' in each add, as Delta has it", name));
    }
  }
  return {};
}

Status FeaturesAreNamed(Context& context) {
  const Told reply = TRY(QueryDelta(context));
  const MadeTable& table = Made(context);
  TRY(context.Require(reply.table.protocols.size() == 1 && reply.table.metadata.size() == 1,
                      reply.answer, "one protocol and one metaData"));
  const json::Object& protocol = reply.table.protocols[0];
  context.Expect(IntMember(protocol, "minReaderVersion") == table.protocol.min_reader_version,
                 reply.answer,
                 fmt::format("minReaderVersion {}", table.protocol.min_reader_version));
  if (table.protocol.reader_features) {
    json::Array expected;
    for (const auto& name : *table.protocol.reader_features) expected.emplace_back(name);
    const json::Array* came = ArrayMember(protocol, "readerFeatures");
    context.Expect(came != nullptr && *came == expected, reply.answer,
                   "readerFeatures " + json::Serialize(expected));
  }
  const json::Object* configuration = ObjectMember(reply.table.metadata[0], "configuration");
  for (const auto& [key, value] : table.configuration) {
    context.Expect(configuration != nullptr && TextMember(*configuration, key) == value,
                   reply.answer, fmt::format("'{}': '{}' in the configuration", key, value));
  }
  return {};
}

Status VectorsHaveIds(Context& context) {
  const Told reply = TRY(QueryDelta(context));
  size_t vectors = 0;
  for (const DataFile& file : reply.table.files) {
    if (!file.fields.contains("deletionVector")) continue;
    ++vectors;
    context.Expect(!TextMember(file.line, "deletionVectorFileId").value_or("").empty(),
                   reply.answer, "deletionVectorFileId where there is a deletion vector");
  }
  context.Expect(vectors == 2, reply.answer, "two files with a deletion vector",
                 fmt::format("{} files", vectors));
  return {};
}

// A client that knows parquet only gets the right rows, or a refusal; never the rows that are
// deleted, nor columns under other names.
Status SafeForOldClients(Context& context) {
  const MadeTable& table = Made(context);
  const Answer answer = TRY(context.Post(context.table().Path("/query"), "{}"));
  if (answer.status != 200) {
    ExpectRefused(context, answer, "a client that asks for no format cannot read this table");
    return {};
  }
  TableAnswer lines = TRY(context.RequireTable(answer));
  TRY(context.Require(!lines.delta, answer, "parquet format, which is what no header asks for"));
  for (const DataFile& file : lines.files) {
    TRY(context.Require(!file.fields.contains("deletionVector"), answer,
                        "no deletion vector in parquet format"));
  }
  MadeTable logical = table;  // as the names of the schema say
  for (auto& column : logical.columns) {
    column.stored_name.clear();
    column.read_sql.clear();
  }
  const Told reply{.answer = answer, .table = std::move(lines)};
  return ExpectRows(context, logical, reply, RowsSql(table, table.Latest()));
}

Status DeltaWhereNeeded(Context& context) {
  const Answer answer = TRY(AskOrSkip(context, {{std::string(kCapabilitiesHeader),
                                                 "responseformat=delta,parquet;readerfeatures="
                                                 "deletionvectors,columnmapping,timestampntz"}}));
  const TableAnswer table = TRY(context.RequireTable(answer));
  context.Expect(table.delta, answer, "delta format, since parquet cannot tell this table");
  return {};
}

Status EitherFormat(Context& context) {
  const Answer answer =
      TRY(context.Post(context.table().Path("/query"), "{}",
                       {{std::string(kCapabilitiesHeader), "responseformat=delta,parquet"}}));
  TableAnswer table = TRY(context.RequireTable(answer));
  context.Note(fmt::format("responseformat=delta,parquet of a plain table: {}",
                           table.delta ? "delta" : "parquet"));
  const Told reply{.answer = answer, .table = std::move(table)};
  return ExpectVersion(context, Made(context), reply, Made(context).Latest());
}

constexpr Check Table(std::string_view id, std::string_view title, std::string_view table,
                      Status (*run)(Context&), Section section = kFileDelta,
                      Level level = Level::kRequired) {
  return {.id = id,
          .title = title,
          .section = section,
          .level = level,
          .needs = NeedsMade(table),
          .run = run};
}

constexpr auto kChecks = std::to_array<Check>({
    Table("delta.lines", "Lines wrap Delta's actions, links in place of paths", "partitioned",
          Wrappers, kDeltaFormat),
    Table("delta.rows", "Values of every primitive type arrive in delta format", "plain", Rows),
    Table("delta.nested-rows", "Structs, lists and maps arrive in delta format", "nested", Rows),
    Table("delta.partition-rows", "Partition values and escaped folders, in delta format",
          "partitioned", Rows),
    Table("delta.either", "A list of formats is answered in one of them", "plain", EitherFormat,
          kResponseFormat),
    Table("vectors.rows", "Rows of deletion vectors are gone, the others are not",
          "deletion_vectors", Rows, kFileDelta, Level::kOptional),
    Table("vectors.features", "The protocol names deletion vectors", "deletion_vectors",
          FeaturesAreNamed, kProtocolDelta, Level::kOptional),
    Table("vectors.ids", "Deletion vectors have ids", "deletion_vectors", VectorsHaveIds,
          kFileDelta, Level::kRecommended),
    Table("vectors.old-clients", "A client that knows parquet only never gets deleted rows",
          "deletion_vectors", SafeForOldClients, kResponseFormat),
    Table("vectors.delta-needed", "A list of formats gives delta where parquet does not do",
          "deletion_vectors", DeltaWhereNeeded, kResponseFormat, Level::kOptional),
    Table("mapping.rows", "Columns under other names in the files, nested ones too",
          "column_mapping", Rows, kFileDelta, Level::kOptional),
    Table("mapping.features", "Protocol and configuration name the column mapping",
          "column_mapping", FeaturesAreNamed, kMetadataDelta, Level::kOptional),
    Table("mapping.old-clients", "A client that knows parquet only never gets other names",
          "column_mapping", SafeForOldClients, kResponseFormat),
    Table("mapping.delta-needed", "A list of formats gives delta where columns are mapped",
          "column_mapping", DeltaWhereNeeded, kResponseFormat, Level::kOptional),
    Table("timestamp-ntz.rows", "Times without a zone arrive", "timestamp_ntz", Rows, kFileDelta,
          Level::kOptional),
    Table("timestamp-ntz.features", "The protocol names times without a zone", "timestamp_ntz",
          FeaturesAreNamed, kProtocolDelta, Level::kOptional),
});

}  // namespace

std::span<const Check> DeltaTableChecks() { return kChecks; }

}  // namespace sluice::conformance
