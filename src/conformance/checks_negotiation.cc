// In which form does the answer come? The capabilities header, fileidhash, the end of a stream.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <string>

#include "base/encoding.h"
#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

constexpr std::string_view kFileIdHashHeader = "fileidhash";

HeaderList Capabilities(std::string_view value) {
  return {{std::string(kCapabilitiesHeader), std::string(value)}};
}

std::string ToldCapabilities(const Answer& answer) {
  return AsciiLower(answer.Header(kCapabilitiesHeader));
}

void ExpectFormat(Context& context, const Told& told, bool delta) {
  context.Expect(told.table.delta == delta, told.answer,
                 fmt::format("lines in {} format", delta ? "delta" : "parquet"),
                 fmt::format("lines in {} format", told.table.delta ? "delta" : "parquet"));
}

// Without the header, or with one that leaves only parquet: metadata and query are parquet's.
Status ParquetOnly(Context& context, const HeaderList& headers) {
  const Told metadata = TRY(AskMetadata(context, headers));
  const Told query = TRY(AskQuery(context, headers));
  for (const Told* told : {&metadata, &query}) {
    ExpectFormat(context, *told, false);
    context.Expect(ToldCapabilities(told->answer).find("responseformat=delta") == std::string::npos,
                   told->answer, "no header that tells of delta format",
                   std::string(told->answer.Header(kCapabilitiesHeader)));
  }
  return {};
}

Status NoHeader(Context& context) { return ParquetOnly(context, {}); }
Status Parquet(Context& context) {
  return ParquetOnly(context, Capabilities("responseformat=parquet"));
}
Status UnknownKeys(Context& context) {
  return ParquetOnly(context,
                     Capabilities("responseformat=parquet;sluicenosuchkey=1,2;sluiceother=x"));
}

Status Delta(Context& context) {
  const Told query = TRY(AskDeltaQuery(context));
  const Told metadata = TRY(AskMetadata(context, DeltaHeaders()));
  ExpectFormat(context, metadata, true);
  for (const Told* told : {&metadata, &query}) {
    const std::vector<std::string>& order = told->table.order;
    context.Expect(order.size() >= 2 && order[0] == "protocol" && order[1] == "metaData",
                   told->answer, "first a line of protocol, then one of metaData");
  }
  return {};
}

Status DeltaProtocol(Context& context) {
  const Told told = TRY(AskDeltaQuery(context));
  TRY(context.Require(!told.table.protocols.empty() && !told.table.metadata.empty(), told.answer,
                      "lines of protocol and metaData"));
  const json::Object& protocol = told.table.protocols.front();
  context.Expect(IntMember(protocol, "minReaderVersion").value_or(0) >= 1, told.answer,
                 "deltaProtocol to have a number 'minReaderVersion'");
  context.Expect(IntMember(protocol, "minWriterVersion").value_or(0) >= 1, told.answer,
                 "deltaProtocol to have a number 'minWriterVersion', as Delta's own has");
  if (IntMember(protocol, "minReaderVersion") == 3) {
    context.Expect(ArrayMember(protocol, "readerFeatures") != nullptr, told.answer,
                   "an array 'readerFeatures': reader version 3 has it");
  }
  const json::Object& metadata = told.table.metadata.front();
  context.Expect(
      TextMember(metadata, "id").has_value() && TextMember(metadata, "schemaString").has_value() &&
          ArrayMember(metadata, "partitionColumns") != nullptr &&
          ObjectMember(metadata, "format") != nullptr,
      told.answer, "deltaMetadata to have id, format, schemaString and partitionColumns");
  return {};
}

Status DeltaFiles(Context& context) {
  const Told told = TRY(AskDeltaQuery(context));
  if (told.table.files.empty()) return context.Skip("the table has no files");
  for (const DataFile& file : told.table.files) {
    TRY(context.Require(file.action == "add", told.answer, "files of a snapshot to be 'add'"));
    context.Expect(!file.id.empty(), told.answer, "every file to have an 'id'");
    context.Expect(file.url.starts_with("http"), told.answer, "the path of every file to be a URL");
    context.Expect(ObjectMember(file.fields, "partitionValues") != nullptr &&
                       file.size.value_or(-1) >= 0 &&
                       IntMember(file.fields, "modificationTime").has_value() &&
                       file.fields.contains("dataChange"),
                   told.answer,
                   "add to have partitionValues, size, modificationTime and dataChange, as Delta's "
                   "own has");
  }
  return {};
}

// The format follows the header that the server sends, in metadata and query alike.
Status FormatIsTold(Context& context) {
  for (const std::string_view offer :
       {"responseformat=delta", "responseformat=delta,parquet", "responseformat=parquet,delta"}) {
    const std::string all =
        fmt::format("{};readerfeatures=deletionvectors,columnmapping,timestampntz", offer);
    const Told metadata = TRY(AskMetadata(context, Capabilities(all)));
    const Told query = TRY(AskQuery(context, Capabilities(all)));
    for (const Told* told : {&metadata, &query}) {
      const bool says =
          ToldCapabilities(told->answer).find("responseformat=delta") != std::string::npos;
      context.Expect(
          says == told->table.delta, told->answer,
          told->table.delta ? "a header delta-sharing-capabilities with responseformat=delta"
                            : "no responseformat=delta in the header: the lines are parquet's",
          fmt::format("delta-sharing-capabilities: {}", told->answer.Header(kCapabilitiesHeader)));
    }
    context.Expect(metadata.table.delta == query.table.delta, query.answer,
                   "the format that /metadata has for the same header");
  }
  return {};
}

Status UpperCase(Context& context) {
  const Told lower = TRY(AskQuery(context, DeltaHeaders()));
  const Told upper = TRY(AskQuery(
      context, Capabilities("RESPONSEFORMAT=DELTA;READERFEATURES=DELETIONVECTORS,COLUMNMAPPING,"
                            "TIMESTAMPNTZ")));
  ExpectFormat(context, upper, lower.table.delta);
  return {};
}

// --- fileidhash

Result<Told> AskWithHash(Context& context, std::string_view scheme) {
  Told told = TRY(AskQuery(context, {{std::string(kFileIdHashHeader), std::string(scheme)}}));
  if (told.answer.Header(kFileIdHashHeader).empty()) {
    return context.Skip("the server does not offer fileidhash");
  }
  return told;
}

Status HashEcho(Context& context) {
  for (const std::string_view scheme : {"parquet", "delta", "PARQUET", "Delta"}) {
    const Told told = TRY(AskWithHash(context, scheme));
    const std::string lower = AsciiLower(scheme);
    context.Expect(told.answer.Header(kFileIdHashHeader) == lower, told.answer,
                   fmt::format("a header fileidhash: {}", lower),
                   fmt::format("fileidhash: {}", told.answer.Header(kFileIdHashHeader)));
  }
  return {};
}

Status HashUnsupported(Context& context) {
  TRY(AskWithHash(context, "parquet"));
  const Answer answer = TRY(context.Post(context.table().Path("/query"), "{}",
                                         {{std::string(kFileIdHashHeader), "sluice-no-such"}}));
  context.ExpectError(answer, {400});
  return {};
}

std::set<std::string> Ids(const TableAnswer& table) {
  std::set<std::string> ids;
  for (const DataFile& file : table.files) ids.insert(file.id);
  return ids;
}

Status HashStable(Context& context) {
  for (const std::string_view scheme : {"parquet", "delta"}) {
    const Told first = TRY(AskWithHash(context, scheme));
    const Told second = TRY(AskWithHash(context, scheme));
    if (first.answer.Header(kVersionHeader) != second.answer.Header(kVersionHeader)) {
      return context.Skip("the table was written to meanwhile");
    }
    context.Expect(Ids(first.table) == Ids(second.table), second.answer,
                   fmt::format("the same ids in two answers of scheme {}", scheme));
  }
  return {};
}

// --- includeEndStreamAction

Result<Told> AskForEnd(Context& context) {
  return AskQuery(context, Capabilities("responseformat=parquet;includeendstreamaction=true"));
}

bool EndIsPromised(const Answer& answer) {
  return ToldCapabilities(answer).find("includeendstreamaction=true") != std::string::npos;
}

Status EndIsThere(Context& context) {
  const Told told = TRY(AskForEnd(context));
  if (!EndIsPromised(told.answer)) {
    context.Expect(!told.table.end.has_value() || told.table.order.back() == "endStreamAction",
                   told.answer, "endStreamAction to be the last line");
    return context.Skip("the server does not offer includeEndStreamAction");
  }
  context.Expect(
      !told.table.order.empty() && told.table.order.back() == "endStreamAction", told.answer,
      "the header promises it: a last line of endStreamAction",
      told.table.order.empty() ? "no lines" : "a last line of " + told.table.order.back());
  context.Expect(std::ranges::count(told.table.order, "endStreamAction") <= 1, told.answer,
                 "endStreamAction once");
  return {};
}

Status EndIsNotPromisedUnasked(Context& context) {
  const Told told = TRY(AskQuery(context));
  context.Expect(
      !EndIsPromised(told.answer), told.answer,
      "no promise of an endStreamAction that nobody asked for",
      fmt::format("delta-sharing-capabilities: {}", told.answer.Header(kCapabilitiesHeader)));
  return {};
}

Status EndTellsExpiration(Context& context) {
  const Told told = TRY(AskForEnd(context));
  const auto end = told.table.end;
  const auto told_time =
      end.has_value() ? IntMember(*end, "minUrlExpirationTimestamp") : std::nullopt;
  if (!told_time.has_value()) return context.Skip("the server does not tell when URLs expire");
  int64_t earliest = std::numeric_limits<int64_t>::max();
  for (const DataFile& file : told.table.files) {
    earliest = std::min(earliest, file.expiration_ms.value_or(earliest));
  }
  context.Expect(*told_time <= earliest, told.answer,
                 "minUrlExpirationTimestamp to be the earliest of all files",
                 fmt::format("{}, and a file has {}", *told_time, earliest));
  context.Expect(*told_time > ToUnixMillis(SystemClock().Now()), told.answer,
                 "minUrlExpirationTimestamp to be in the future, in milliseconds",
                 std::to_string(*told_time));
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "capabilities.none",
     .title = "Without the header answers are in parquet format",
     .section = kResponseFormat,
     .needs = kNeedsTable,
     .run = NoHeader},
    {.id = "capabilities.parquet",
     .title = "responseformat=parquet is obeyed",
     .section = kResponseFormat,
     .needs = kNeedsTable,
     .run = Parquet},
    {.id = "capabilities.delta",
     .title = "responseformat=delta is obeyed, by metadata and query",
     .section = kResponseFormat,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = Delta},
    {.id = "capabilities.told",
     .title = "The answer's header tells the format of its lines",
     .section = kCapabilities,
     .needs = kNeedsTable,
     .run = FormatIsTold},
    {.id = "capabilities.case",
     .title = "Keys and values are read whatever their case",
     .section = kCapabilities,
     .needs = kNeedsTable,
     .run = UpperCase},
    {.id = "capabilities.unknown-keys",
     .title = "Keys that a server does not know change nothing",
     .section = kCapabilities,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = UnknownKeys},
    {.id = "delta-format.head",
     .title = "deltaProtocol and deltaMetadata have what Delta's own have",
     .section = kMetadataDelta,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = DeltaProtocol},
    {.id = "delta-format.files",
     .title = "deltaSingleAction holds an add whose path is a URL",
     .section = kFileDelta,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = DeltaFiles},
    {.id = "fileidhash.echo",
     .title = "fileidhash comes back, in lower case",
     .section = kFileIdHash,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = HashEcho},
    {.id = "fileidhash.unsupported",
     .title = "A fileidhash that is not known gives 400",
     .section = kFileIdHash,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = HashUnsupported},
    {.id = "fileidhash.stable",
     .title = "A file has the same id in every answer of a scheme",
     .section = kFileIdHash,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = HashStable},
    {.id = "end-stream.promised",
     .title = "An endStreamAction that the header promises is the last line",
     .section = kIncludeEndStream,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = EndIsThere},
    {.id = "end-stream.unasked",
     .title = "Nobody is promised an endStreamAction who did not ask",
     .section = kIncludeEndStream,
     .needs = kNeedsTable,
     .run = EndIsNotPromisedUnasked},
    {.id = "end-stream.expiration",
     .title = "minUrlExpirationTimestamp is the earliest end of the URLs",
     .section = kEndStreamAction,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = EndTellsExpiration},
});

}  // namespace

std::span<const Check> NegotiationChecks() { return kChecks; }

}  // namespace sluice::conformance
