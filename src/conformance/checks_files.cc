// Where are the bytes? Lines of files and the URLs in them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

constexpr int64_t kMaxFetched = 32 << 20;  // a larger file is not read whole
constexpr std::string_view kMagic = "PAR1";

// The smallest file of the table. TRY: without files the check is skipped.
Result<DataFile> SmallestFile(Context& context) {
  const Told told = TRY(AskQuery(context));
  const DataFile* smallest = nullptr;
  for (const DataFile& file : told.table.files) {
    if (file.url.empty() || file.size.value_or(-1) < 0) continue;
    if (smallest == nullptr || *file.size < *smallest->size) smallest = &file;
  }
  if (smallest == nullptr) return context.Skip("the table has no files with URL and size");
  return *smallest;
}

Result<Told> QueryWithFiles(Context& context) {
  Told told = TRY(AskQuery(context));
  if (told.table.files.empty()) return context.Skip("the table has no files");
  return told;
}

Status Fields(Context& context) {
  const Told told = TRY(QueryWithFiles(context));
  for (const DataFile& file : told.table.files) {
    context.Expect(!file.id.empty(), told.answer, "every file to have a text 'id'");
    context.Expect(file.url.starts_with("http"), told.answer, "every file to have a 'url'");
    context.Expect(file.size.value_or(-1) >= 0, told.answer, "every file to have a number 'size'");
    const json::Object* values = ObjectMember(file.fields, "partitionValues");
    context.Expect(values != nullptr && std::ranges::all_of(*values,
                                                            [](const auto& pair) {
                                                              return pair.value().is_string() ||
                                                                     pair.value().is_null();
                                                            }),
                   told.answer,
                   "every file to have a map 'partitionValues' of texts, empty without partitions");
  }
  return {};
}

Status IdsDiffer(Context& context) {
  const Told told = TRY(QueryWithFiles(context));
  std::set<std::string> ids;
  for (const DataFile& file : told.table.files) {
    context.Expect(ids.insert(file.id).second, told.answer, "every file to have an id of its own",
                   fmt::format("'{}' twice", file.id));
  }
  return {};
}

Status IdsStay(Context& context) {
  const Told first = TRY(QueryWithFiles(context));
  const Told second = TRY(AskQuery(context));
  if (first.answer.Header(kVersionHeader) != second.answer.Header(kVersionHeader)) {
    return context.Skip("the table was written to meanwhile");
  }
  const auto ids = [](const Told& told) {
    std::set<std::string> found;
    for (const DataFile& file : told.table.files) found.insert(file.id);
    return found;
  };
  context.Expect(ids(first) == ids(second), second.answer, "the same ids in two answers");
  return {};
}

Status StatsParse(Context& context) {
  const Told told = TRY(QueryWithFiles(context));
  bool some = false;
  for (const DataFile& file : told.table.files) {
    if (!file.fields.contains("stats")) continue;
    some = true;
    const auto stats = json::Parse(file.stats.value_or(""), {.size = MiB(4), .depth = 100});
    const json::Object* object = stats.has_value() ? stats->if_object() : nullptr;
    context.Expect(object != nullptr && (!object->contains("numRecords") ||
                                         IntMember(*object, "numRecords").value_or(-1) >= 0),
                   told.answer, "'stats' to be JSON in a text, numRecords in it a number");
  }
  return some ? Status() : context.Skip("the table's files have no statistics");
}

Status Expiration(Context& context) {
  const Told told = TRY(QueryWithFiles(context));
  const int64_t now = ToUnixMillis(SystemClock().Now());
  constexpr int64_t kYear = 366LL * 86'400'000;
  bool some = false;
  for (const DataFile& file : told.table.files) {
    if (!file.line.contains("expirationTimestamp")) continue;
    some = true;
    const int64_t when = file.expiration_ms.value_or(0);
    context.Expect(when > now && when < now + 10 * kYear, told.answer,
                   "expirationTimestamp to be in the future, in milliseconds",
                   std::to_string(when));
  }
  return some ? Status() : context.Skip("the server does not tell when URLs expire");
}

Status UrlIsHttps(Context& context) {
  if (!AsciiLower(context.server().client().endpoint()).starts_with("https://")) {
    return context.Skip("the server itself is asked without TLS");
  }
  const Told told = TRY(QueryWithFiles(context));
  for (const DataFile& file : told.table.files) {
    context.Expect(file.url.starts_with("https://"), told.answer, "every 'url' to be an https URL");
  }
  return {};
}

Status GetWhole(Context& context) {
  const DataFile file = TRY(SmallestFile(context));
  if (*file.size > kMaxFetched) return context.Skip("the smallest file is larger than 32 MiB");
  const Answer answer = TRY(context.Fetch(file.url));
  TRY(context.RequireStatus(answer, 200));
  context.Expect(static_cast<int64_t>(answer.body.size()) == *file.size, answer,
                 fmt::format("{} bytes, as 'size' says", *file.size),
                 fmt::format("{} bytes", answer.body.size()));
  context.Expect(answer.body.starts_with(kMagic) && answer.body.ends_with(kMagic), answer,
                 "a Parquet file: PAR1 at both ends", "other bytes");
  return {};
}

Status GetRanges(Context& context) {
  const DataFile file = TRY(SmallestFile(context));
  const Answer first = TRY(context.Fetch(file.url, {{"Range", "bytes=0-3"}}));
  context.Expect(first.status == 206 && first.body == kMagic, first,
                 "status 206 and the bytes PAR1",
                 fmt::format("status {}, {} bytes", first.status, first.body.size()));
  context.ExpectHeader(
      first, "Content-Range", fmt::format("bytes 0-3/{}", *file.size),
      [&](std::string_view value) { return value == fmt::format("bytes 0-3/{}", *file.size); });
  const std::string tail = fmt::format("bytes={}-{}", *file.size - 4, *file.size - 1);
  const Answer last = TRY(context.Fetch(file.url, {{"Range", tail}}));
  context.Expect(last.status == 206 && last.body == kMagic, last,
                 "status 206 and the bytes PAR1 of the end",
                 fmt::format("status {}, {} bytes", last.status, last.body.size()));
  return {};
}

Status GetTail(Context& context) {
  const DataFile file = TRY(SmallestFile(context));
  const Answer answer = TRY(context.Fetch(file.url, {{"Range", "bytes=-4"}}));
  context.Expect(answer.status == 206 && answer.body == kMagic, answer,
                 "status 206 and the last four bytes, PAR1",
                 fmt::format("status {}, {} bytes", answer.status, answer.body.size()));
  return {};
}

Status HeadTellsLength(Context& context) {
  const DataFile file = TRY(SmallestFile(context));
  const Answer answer =
      TRY(context.Send({.method = "HEAD", .target = file.url, .auth = Auth::kNone}));
  if (answer.status != 200) {
    return context.Skip(
        fmt::format("HEAD of the URL gives status {}: clients fall back to GET", answer.status));
  }
  context.ExpectHeader(answer, "Content-Length", std::to_string(*file.size),
                       [&](std::string_view value) { return value == std::to_string(*file.size); });
  return {};
}

Status TokenIsNotInUrl(Context& context) {
  const std::string& token = context.server().client().token();
  if (token.empty()) return context.Skip("the suite was given no token");
  const Told told = TRY(QueryWithFiles(context));
  context.Expect(told.answer.body.find(token) == std::string::npos &&
                     told.answer.body.find(PercentEncode(token)) == std::string::npos,
                 told.answer, "an answer without the recipient's token",
                 "the token stands in the answer: whoever gets a URL gets all");
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "files.fields",
     .title = "A file has url, id, partitionValues and size",
     .section = kFileParquet,
     .needs = kNeedsTable,
     .run = Fields},
    {.id = "files.ids-differ",
     .title = "No two files of an answer have the same id",
     .section = kFileParquet,
     .needs = kNeedsTable,
     .run = IdsDiffer},
    {.id = "files.ids-stay",
     .title = "A file has the same id in every answer",
     .section = kFileParquet,
     .needs = kNeedsTable,
     .run = IdsStay},
    {.id = "files.stats",
     .title = "Statistics are JSON in a text",
     .section = kStatistics,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = StatsParse},
    {.id = "files.expiration",
     .title = "URLs expire in the future, and the time is in milliseconds",
     .section = kFileParquet,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = Expiration},
    {.id = "files.https",
     .title = "URLs are https",
     .section = kFileParquet,
     .needs = kNeedsTable,
     .run = UrlIsHttps},
    {.id = "files.get",
     .title = "A URL gives the whole Parquet file of that size, without Authorization",
     .section = kFileParquet,
     .needs = kNeedsTable,
     .run = GetWhole},
    {.id = "files.range",
     .title = "A URL gives ranges of bytes, which Parquet readers ask for",
     .section = kFileParquet,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = GetRanges},
    {.id = "files.tail",
     .title = "A URL gives the last bytes (bytes=-4)",
     .section = kFileParquet,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = GetTail},
    {.id = "files.head",
     .title = "HEAD of a URL tells the file's length",
     .section = kFileParquet,
     .level = Level::kOptional,
     .needs = kNeedsTable,
     .run = HeadTellsLength},
    {.id = "files.no-token",
     .title = "The recipient's token is in no URL",
     .section = kFileParquet,
     .needs = kNeedsTable,
     .run = TokenIsNotInUrl},
});

}  // namespace

std::span<const Check> FileChecks() { return kChecks; }

}  // namespace sluice::conformance
