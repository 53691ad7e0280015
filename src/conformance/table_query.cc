#include "conformance/table_query.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "base/encoding.h"
#include "conformance/made_rows.h"
#include "delta/deletion_vector_reader.h"

namespace sluice::conformance {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDeltaCapabilities =
    "responseformat=delta;readerfeatures=deletionvectors,columnmapping,timestampntz";

std::optional<delta::DeletionVector> VectorOf(const json::Object& fields) {
  const json::Object* object = ObjectMember(fields, "deletionVector");
  if (object == nullptr) return std::nullopt;
  delta::DeletionVector vector;
  const std::string type = TextMember(*object, "storageType").value_or("");
  vector.storage_type = type.size() == 1 ? type.front() : '?';
  vector.path_or_inline = TextMember(*object, "pathOrInlineDv").value_or("");
  const auto number = [&](std::string_view name) { return IntMember(*object, name).value_or(0); };
  if (object->contains("offset")) vector.offset = static_cast<int32_t>(number("offset"));
  vector.size_in_bytes = static_cast<int32_t>(number("sizeInBytes"));
  vector.cardinality = number("cardinality");
  return vector;
}

Result<std::vector<uint64_t>> FetchVector(Context& context, const Told& reply,
                                          const delta::DeletionVector& vector) {
  Result<delta::DeletedRows> rows = delta::DeletedRows();
  if (vector.storage_type == 'i') {
    rows = delta::DecodeInlineDeletedRows(vector, std::nullopt);
  } else {
    TRY(context.Require(vector.storage_type == 'p', reply.answer,
                        "a deletion vector that a recipient can read: inline, or storageType 'p' "
                        "with a link",
                        fmt::format("storageType '{}'", vector.storage_type)));
    const Answer bytes = TRY(context.Fetch(vector.path_or_inline));
    TRY(context.RequireStatus(bytes, 200));
    rows = delta::DecodeDeletedRowsInFile(bytes.body, vector, std::nullopt);
  }
  TRY(context.Require(rows.has_value(), reply.answer, "a deletion vector as Delta writes it",
                      rows.has_value() ? "" : rows.error().message));
  std::vector<uint64_t> deleted;
  auto cursor = rows->Rows();
  while (const auto row = cursor.Next()) deleted.push_back(*row);
  return deleted;
}

// How a line about changes says what happened to the rows; empty: the file's rows say it.
std::string ChangeTypeOf(const DataFile& file) {
  if (file.action == "add") return "insert";
  if (file.action == "remove") return "delete";
  return {};
}

}  // namespace

HeaderList HeadersFor(Format format) {
  if (format == Format::kParquet) return {};
  return {{std::string(kCapabilitiesHeader), std::string(kDeltaCapabilities)}};
}

Result<Told> RequireFormat(Context& context, Answer answer, Format format) {
  TableAnswer table = TRY(context.RequireTable(answer));
  if (format == Format::kDelta && !table.delta) {
    return context.Skip("the server answers in parquet format where delta is asked for");
  }
  TRY(context.Require(table.delta == (format == Format::kDelta), answer,
                      "an answer in parquet format", "delta format"));
  return Told{.answer = std::move(answer), .table = std::move(table)};
}

Result<Told> QueryTable(Context& context, const TableName& table, const std::string& body,
                        Format format) {
  Answer answer = TRY(context.Post(table.Path("/query"), body, HeadersFor(format)));
  return RequireFormat(context, std::move(answer), format);
}

Result<Told> QueryChanges(Context& context, const TableName& table, const std::string& parameters,
                          Format format) {
  Answer answer = TRY(context.Get(table.Path("/changes?" + parameters), HeadersFor(format)));
  return RequireFormat(context, std::move(answer), format);
}

const MadeTable& Made(const Context& context) {
  return *FindMadeTable(AsciiLower(context.table().table));
}

Result<Downloads> Downloads::Make() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "sluice-conformance-XXXXXX").string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return Fail(Code::kUnavailable, "no folder for downloads can be made", name);
  }
  return Downloads(name);
}

Downloads::Downloads(Downloads&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), files_(other.files_) {}

Downloads::~Downloads() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

Result<ReceivedFile> Downloads::Fetch(Context& context, const Told& reply, const DataFile& file) {
  const Answer bytes = TRY(context.Fetch(file.url));
  TRY(context.RequireStatus(bytes, 200));
  context.Expect(!file.size || *file.size == static_cast<int64_t>(bytes.body.size()), bytes,
                 fmt::format("{} bytes, as the line says", file.size.value_or(0)),
                 fmt::format("{} bytes", bytes.body.size()));
  ReceivedFile received{.path = fmt::format("{}/{}.parquet", folder_, files_++)};
  std::ofstream out(received.path, std::ios::binary);
  out << bytes.body << std::flush;
  if (!out) return Fail(Code::kUnavailable, "a download cannot be written", received.path);
  received.partition_values = file.partition_values;
  if (const auto vector = VectorOf(file.fields)) {
    received.deleted = TRY(FetchVector(context, reply, *vector));
  }
  received.change_type = ChangeTypeOf(file);
  received.version = file.version;
  return received;
}

Result<std::vector<ReceivedFile>> Downloads::FetchAll(Context& context, const Told& reply,
                                                      const std::vector<DataFile>& files) {
  std::vector<ReceivedFile> received;
  for (const DataFile& file : files) {
    ReceivedFile one = TRY(Fetch(context, reply, file));
    received.push_back(std::move(one));
  }
  return received;
}

Status ExpectRows(Context& context, const MadeTable& table, const Told& reply,
                  const std::string& expected_sql) {
  Downloads downloads = TRY(Downloads::Make());
  const auto files = TRY(downloads.FetchAll(context, reply, reply.table.files));
  const auto difference =
      TRY(Difference(context.server().engine(), expected_sql, ReceivedRowsSql(table, files)));
  context.Expect(!difference, reply.answer, fmt::format("files with the rows of {}", table.name),
                 difference.value_or(""));
  return {};
}

Status ExpectVersion(Context& context, const MadeTable& table, const Told& reply,
                     delta::Version version) {
  return ExpectRows(context, table, reply, RowsSql(table, version));
}

Status ExpectChanges(Context& context, const MadeTable& table, const Told& reply,
                     delta::Version first, delta::Version last) {
  Downloads downloads = TRY(Downloads::Make());
  const auto files = TRY(downloads.FetchAll(context, reply, reply.table.files));
  const auto difference = TRY(Difference(context.server().engine(), ChangesSql(table, first, last),
                                         ReceivedChangesSql(table, files)));
  context.Expect(!difference, reply.answer,
                 fmt::format("the changes of versions {} to {}, both included", first, last),
                 difference.value_or(""));
  return {};
}

void ExpectVersionHeader(Context& context, const Answer& answer, delta::Version version) {
  const std::string text = std::to_string(version);
  context.ExpectHeader(answer, kVersionHeader, text,
                       [&](std::string_view value) { return value == text; });
}

void ExpectRefused(Context& context, const Answer& answer, std::string_view why) {
  if (!context.Expect(answer.status >= 400 && answer.status < 500, answer,
                      fmt::format("a status 4xx: {}", why))) {
    return;
  }
  context.ExpectError(answer, {answer.status});
}

}  // namespace sluice::conformance
