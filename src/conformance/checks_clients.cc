// What do clients in wide use need that the protocol does not say?
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

// U+0085, U+2028 and U+2029, where Python's str.splitlines breaks a line.
constexpr std::array<std::string_view, 3> kSeparators = {"\xc2\x85", "\xe2\x80\xa8",
                                                         "\xe2\x80\xa9"};
constexpr size_t kMaxTables = 20;

// delta-sharing 1.x for Python takes every line behind the second of a query for a file.
Status PythonNeedsOnlyFiles(Context& context) {
  const Told plain = TRY(AskQuery(context));
  const Told delta = TRY(AskQuery(context, DeltaHeaders()));
  for (const Told* told : {&plain, &delta}) {
    const std::vector<std::string>& order = told->table.order;
    const auto other = std::find_if(order.begin() + std::min<std::ptrdiff_t>(2, std::ssize(order)),
                                    order.end(), [](const auto& name) { return name != "file"; });
    context.Expect(other == order.end(), told->answer,
                   "only 'file' lines behind the first two: no endStreamAction unless asked for",
                   other == order.end() ? "" : "a line of " + *other);
  }
  return {};
}

Status PythonSplitsLines(Context& context) {
  const std::vector<TableName> tables = TRY(context.server().Tables(context.table().share));
  for (size_t i = 0; i < std::min(tables.size(), kMaxTables); ++i) {
    for (const bool delta : {false, true}) {
      const Answer answer =
          TRY(context.Get(tables[i].Path("/metadata"), delta ? DeltaHeaders() : HeaderList{}));
      const Answer query = TRY(context.Post(tables[i].Path("/query"), R"({"limitHint": 1})",
                                            delta ? DeltaHeaders() : HeaderList{}));
      for (const Answer* body : {&answer, &query}) {
        const bool raw = std::ranges::any_of(kSeparators, [&](std::string_view separator) {
          return body->body.find(separator) != std::string::npos;
        });
        context.Expect(!raw, *body, "U+0085, U+2028 and U+2029 to be escaped (\\u2028) in lines",
                       "one of them as it is");
      }
    }
  }
  return {};
}

// The Rust kernel in the Python client takes a URL without one of these keys for a local path.
Status KernelNeedsSignature(Context& context) {
  constexpr std::array<std::string_view, 5> kKeys = {
      "x-amz-signature=", "sp=", "x-goog-credential=", "x-oss-credential=",
      "x-databricks-signature="};
  const Told told = TRY(AskDeltaQuery(context));
  if (told.table.files.empty()) return context.Skip("the table has no files");
  for (const DataFile& file : told.table.files) {
    const std::string url = AsciiLower(file.url);
    const std::string query = "&" + url.substr(std::min(url.find('?'), url.size() - 1) + 1);
    context.Expect(std::ranges::any_of(kKeys,
                                       [&](std::string_view key) {
                                         return query.find("&" + std::string(key)) !=
                                                std::string::npos;
                                       }),
                   told.answer,
                   "URLs in delta format with one of the keys X-Amz-Signature, sp, "
                   "X-Goog-Credential, X-OSS-Credential, X-Databricks-Signature in their query",
                   "none of them");
  }
  return {};
}

// What delta-sharing-spark sends with every question about a table.
Status SparkAsks(Context& context) {
  const HeaderList headers = {
      {"User-Agent", "Delta-Sharing-Spark/4.0.0 Linux/5.15 OpenJDK_64-Bit_Server_VM/17"},
      {std::string(kCapabilitiesHeader),
       "responseformat=parquet,delta;readerfeatures=deletionvectors,columnmapping,timestampntz,"
       "variantType,variantType-preview,typeWidening;includeendstreamaction=true"}};
  const Told metadata = TRY(AskMetadata(context, headers));
  std::vector<std::string> order = metadata.table.order;
  if (!order.empty() && order.back() == "endStreamAction") order.pop_back();
  context.Expect(order.size() == 2, metadata.answer,
                 "exactly two lines of metadata: Spark refuses more",
                 fmt::format("{} lines", order.size()));
  const Told query = TRY(AskQuery(context, headers));
  context.Expect(metadata.table.delta == query.table.delta, query.answer,
                 "the format that /metadata had");
  return {};
}

// load_as_pandas: the format of the metadata decides how the query is sent.
Status PythonReads(Context& context) {
  const HeaderList offer = {
      {"User-Agent", "Delta-Sharing-Python/1.4.2 pandas/2.3.3 PyArrow/23.0.1 Python/3.11"},
      {std::string(kCapabilitiesHeader),
       "responseformat=delta,parquet;readerfeatures=deletionvectors,columnmapping,timestampntz"}};
  const Told metadata = TRY(AskMetadata(context, offer));
  const std::string_view header = metadata.answer.Header(kCapabilitiesHeader);
  const bool delta = header.find("delta") != std::string_view::npos;
  context.Expect(metadata.table.delta == delta, metadata.answer,
                 "the header delta-sharing-capabilities of /metadata to hold 'delta', letter by "
                 "letter, where its lines are in delta format: the client looks for that text",
                 fmt::format("delta-sharing-capabilities: {}", header));
  const Told query = TRY(AskQuery(context, delta ? DeltaHeaders() : HeaderList{}));
  context.Expect(
      query.table.delta == delta, query.answer,
      fmt::format("a query in {} format, as /metadata promised", delta ? "delta" : "parquet"));
  context.Expect(query.answer.headers.Find(kVersionHeader).has_value(), query.answer,
                 "a header delta-table-version: the client refuses an answer without");
  // Changes, and tables that have only this format, are asked for in delta format alone.
  const Told alone = TRY(AskQuery(context, DeltaHeaders()));
  const std::string_view told = alone.answer.Header(kCapabilitiesHeader);
  context.Expect(
      alone.table.delta == (told.find("responseformat=delta") != std::string_view::npos),
      alone.answer,
      "the header delta-sharing-capabilities to hold responseformat=delta, letter by letter, where "
      "the lines are in delta format: the client looks for that text",
      fmt::format("delta-sharing-capabilities: {}", told));
  return {};
}

Status PythonLists(Context& context) {
  const Answer answer = TRY(context.Get(SharePath(context.table()) + "/all-tables"));
  const Context::Page page = TRY(context.RequirePage(answer));
  for (const json::Object& item : page.items) {
    context.Expect(TextMember(item, "name").has_value() && TextMember(item, "share").has_value() &&
                       TextMember(item, "schema").has_value(),
                   answer, "name, share and schema in every item: the client takes them unasked");
  }
  context.Expect(true, answer, "a list");
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "clients.python-reads",
     .title = "The Python client's way from metadata to query works",
     .section = kCapabilities,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = PythonReads},
    {.id = "clients.python-lists",
     .title = "The Python client's list of all tables works",
     .section = kListAllTables,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = PythonLists},
    {.id = "clients.python-files-only",
     .title = "A query that did not ask for more ends with its files: the Python client fails else",
     .section = kEndStreamAction,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = PythonNeedsOnlyFiles},
    {.id = "clients.python-line-breaks",
     .title = "Lines hold no raw U+0085, U+2028, U+2029: the Python client breaks lines there",
     .section = kTableMetadata,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = PythonSplitsLines},
    {.id = "clients.kernel-urls",
     .title = "URLs in delta format look presigned: the Python client's kernel demands it",
     .section = kFileDelta,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = KernelNeedsSignature},
    {.id = "clients.spark-asks",
     .title = "What the Spark connector sends is answered as it needs",
     .section = kCapabilities,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = SparkAsks},
});

}  // namespace

std::span<const Check> ClientChecks() { return kChecks; }

}  // namespace sluice::conformance
