// What must not get out, and what must not break? Harmless probes, few and small.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

bool IsRefusal(int status) { return status >= 400 && status < 500; }

bool ExpectRefused(Context& context, const Answer& answer) {
  return context.Expect(IsRefusal(answer.status), answer, "a refusal, 4xx");
}

// Sends what no server needs to take: any answer but a failure of the server's own is good, and so
// is a connection that the server ends.
Status ExpectUnbroken(Context& context, const Call& call, std::string_view what) {
  const auto answer = context.Send(call);
  if (!answer.has_value()) {
    const bool ended = answer.error().code == Code::kUnavailable && answer.error().reason == "cut";
    context.Expect(ended, fmt::format("an answer to {}, or the end of the connection", what),
                   fmt::format("{} ({})", answer.error().message, answer.error().detail));
  } else {
    context.Expect(answer->status < 500, *answer, fmt::format("a status below 500 for {}", what));
  }
  const Answer after = TRY(context.Get("/shares?maxResults=1"));
  context.ExpectStatus(after, {200});
  return {};
}

// Places and inner workings, as they stand in messages of storage libraries and in stack traces.
constexpr std::array<std::string_view, 22> kInner = {"s3://",
                                                     "s3a://",
                                                     "gs://",
                                                     "abfss://",
                                                     "abfs://",
                                                     "wasbs://",
                                                     "hdfs://",
                                                     "file:/",
                                                     "_delta_log",
                                                     ".amazonaws.com",
                                                     ".core.windows.net",
                                                     "storage.googleapis.com",
                                                     "Traceback (most recent call last)",
                                                     ".scala:",
                                                     ".java:",
                                                     "\tat ",
                                                     "at java.",
                                                     "at io.",
                                                     "Exception:",
                                                     "panicked at",
                                                     "/home/",
                                                     "/var/"};

void ExpectSilent(Context& context, const Answer& answer) {
  const auto found = std::ranges::find_if(
      kInner, [&](std::string_view text) { return answer.body.find(text) != std::string::npos; });
  context.Expect(found == kInner.end(), answer,
                 "an error that tells neither where the table lies nor how the server works",
                 found == kInner.end()
                     ? ""
                     : fmt::format("it holds '{}': {}", Excerpt(*found), Excerpt(answer.body)));
}

Status ErrorsTellNoPlaces(Context& context) {
  const TableName& table = context.table();
  TableName unknown = table;
  unknown.table = "sluice_no_such_table";
  const Answer missing = TRY(context.Get(unknown.Path("/metadata")));
  ExpectSilent(context, missing);
  for (const std::string_view body :
       {"{", R"({"version": 4000000000000})", R"({"version": -1})", R"({"timestamp": "xyz"})",
        R"({"timestamp": "1990-01-01T00:00:00Z"})", R"({"timestamp": "2999-01-01T00:00:00Z"})",
        R"({"startingVersion": 4000000000000})", R"({"pageToken": "no-token", "maxFiles": 1})"}) {
    const Answer answer = TRY(context.Post(table.Path("/query"), std::string(body)));
    if (answer.status == 200) continue;
    ExpectSilent(context, answer);
  }
  for (const std::string_view rest :
       {"/version?startingTimestamp=2999-01-01T00%3A00%3A00Z", "/metadata?version=4000000000000",
        "/changes?startingVersion=4000000000000", "/changes?startingVersion=abc"}) {
    const Answer answer = TRY(context.Get(table.Path(rest)));
    if (answer.status != 200) ExpectSilent(context, answer);
  }
  return {};
}

Status NoTraversal(Context& context) {
  for (const std::string_view path :
       {"/shares/..%2f..%2f..%2fetc%2fpasswd", "/shares/%2e%2e%2f%2e%2e%2fetc%2fpasswd/schemas",
        "/shares/../../../../../etc/passwd", "/shares/a/schemas/..%5c..%5cwindows/tables",
        "/shares/%00/schemas"}) {
    const Answer answer = TRY(context.Get(std::string(path)));
    ExpectRefused(context, answer);
    context.Expect(answer.body.find("root:") == std::string::npos, answer,
                   "nothing of the server's own files", "a file of the server");
  }
  return {};
}

Status NoHeaderInjection(Context& context) {
  for (const std::string_view path :
       {"/shares/a%0d%0aX-Sluice-Injected:%201", "/shares/a%0aX-Sluice-Injected:%201/schemas"}) {
    const Answer answer = TRY(context.Get(std::string(path)));
    ExpectRefused(context, answer);
    context.Expect(!answer.headers.Find("X-Sluice-Injected").has_value(), answer,
                   "no header that came out of a name", "X-Sluice-Injected stands in the answer");
  }
  return {};
}

Status LongNames(Context& context) {
  for (const size_t length : {size_t{300}, size_t{6000}}) {
    const Answer answer = TRY(context.Get("/shares/" + std::string(length, 'a')));
    ExpectRefused(context, answer);
  }
  return {};
}

Status LongHeader(Context& context) {
  return ExpectUnbroken(context,
                        {.target = "/shares", .headers = {{"X-Sluice", std::string(100'000, 'a')}}},
                        "a header of 100 kB");
}

Call QueryCall(Context& context, std::string body) {
  return {.method = "POST",
          .target = context.table().Path("/query"),
          .headers = {{"Content-Type", "application/json; charset=utf-8"}},
          .body = std::move(body)};
}

Status LargeBody(Context& context) {
  const std::string body = R"({"predicateHints": [")" + std::string(4 << 20, 'a') + R"("]})";
  return ExpectUnbroken(context, QueryCall(context, body), "a body of 4 MiB");
}

Status DeepBody(Context& context) {
  constexpr size_t kDepth = 20'000;
  const std::string body =
      R"({"sluiceNoSuchField": )" + std::string(kDepth, '[') + std::string(kDepth, ']') + '}';
  return ExpectUnbroken(context, QueryCall(context, body), "a body of 20,000 nested arrays");
}

// Hints nested deep: a server that walks them by recursion may run out of stack.
Status DeepPredicate(Context& context) {
  constexpr size_t kDepth = 10'000;
  std::string hint;
  for (size_t i = 0; i < kDepth; ++i) hint += R"({\"op\":\"not\",\"children\":[)";
  for (size_t i = 0; i < kDepth; ++i) hint += "]}";
  return ExpectUnbroken(context, QueryCall(context, R"({"jsonPredicateHints": ")" + hint + R"("})"),
                        "a predicate of 10,000 nested operators");
}

Status LargeNumbers(Context& context) {
  for (const std::string_view body :
       {R"({"limitHint": 99999999999999999999999})", R"({"version": 9223372036854775808})",
        R"({"limitHint": 1e400})", R"({"startingVersion": 18446744073709551616})"}) {
    const Answer answer = TRY(context.Send(QueryCall(context, std::string(body))));
    context.Expect(answer.status < 500, answer, "a status below 500 for a number out of range");
  }
  return {};
}

Status NoTrace(Context& context) {
  const Answer answer = TRY(context.Send({.method = "TRACE",
                                          .target = "/shares",
                                          .headers = {{"X-Sluice-Probe", "sluice-echo"}},
                                          .auth = Auth::kNone}));
  context.Expect(answer.status != 200 || answer.body.find("sluice-echo") == std::string::npos,
                 answer, "TRACE not to send back the request's headers");
  return {};
}

Result<std::string> AFileUrl(Context& context) {
  const Told told = TRY(AskQuery(context));
  for (const DataFile& file : told.table.files) {
    if (file.url.starts_with("http")) return file.url;
  }
  return context.Skip("the table has no files");
}

// Asks for one byte of what ought to be refused.
Status ExpectClosed(Context& context, const std::string& url, std::string expected) {
  const Answer answer = TRY(context.Fetch(url, {{"Range", "bytes=0-0"}}));
  context.Expect(answer.status >= 400, answer, std::move(expected),
                 fmt::format("status {}", answer.status));
  return {};
}

Status UrlsAreSigned(Context& context) {
  const std::string url = TRY(AFileUrl(context));
  const size_t query = url.find('?');
  if (query == std::string::npos) {
    return ExpectClosed(context, url, "a URL that is signed, and does not open for ever");
  }
  TRY(ExpectClosed(context, url.substr(0, query), "the URL not to open without its query"));
  // A letter in the middle of the longest value: that is the signature, or part of what it covers.
  size_t begin = query;
  size_t length = 0;
  for (size_t at = query; at < url.size();) {
    const size_t end = std::min(url.find('&', at + 1), url.size());
    const size_t value = std::min(url.find('=', at), end);
    if (end - value > length) {
      begin = value;
      length = end - value;
    }
    at = end;
  }
  std::string forged = url;
  char& letter = forged[begin + length / 2];
  letter = letter == 'a' || letter == '%' ? 'b' : 'a';
  return ExpectClosed(context, forged, "the URL not to open with a changed signature");
}

Status NoDirectories(Context& context) {
  const std::string url = TRY(AFileUrl(context));
  const std::string path = url.substr(0, url.find('?'));
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash < 8) return context.Skip("the URL has no folder");
  return ExpectClosed(context, path.substr(0, slash + 1), "no list of the folder of a file");
}

Status IdsTellNoPaths(Context& context) {
  const Told told = TRY(AskQuery(context));
  if (told.table.files.empty()) return context.Skip("the table has no files");
  for (const DataFile& file : told.table.files) {
    context.Expect(
        file.id.find('/') == std::string::npos && file.id.find(".parquet") == std::string::npos,
        told.answer, "ids of files that are not their paths", file.id);
  }
  return {};
}

Status TokensFitOneList(Context& context) {
  const std::string share = SharePath(context.table());
  const Answer first = TRY(context.Get(share + "/all-tables?maxResults=1"));
  const Context::Page page = TRY(context.RequirePage(first));
  if (page.next.empty()) return context.Skip("the list of tables has one page");
  const std::string token = "?pageToken=" + PercentEncode(page.next);
  for (const std::string& path : {std::string("/shares"), share + "/schemas"}) {
    const Answer answer = TRY(context.Get(path + token));
    ExpectRefused(context, answer);
  }
  const Answer changed = TRY(context.Get(share + "/all-tables" + token + "x"));
  ExpectRefused(context, changed);
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "security.silent-errors",
     .title = "Errors tell neither locations nor stack traces",
     .section = kReadData,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = ErrorsTellNoPlaces,
     .remark = "The reference server tells the location where a version does not exist."},
    {.id = "security.traversal",
     .title = "Names with .. / \\ and NUL lead nowhere",
     .section = kNames,
     .level = Level::kRecommended,
     .run = NoTraversal},
    {.id = "security.header-injection",
     .title = "Line breaks in names make no headers",
     .section = kNames,
     .level = Level::kRecommended,
     .run = NoHeaderInjection},
    {.id = "security.long-names",
     .title = "Names longer than 255 characters are refused",
     .section = kNames,
     .level = Level::kRecommended,
     .run = LongNames},
    {.id = "security.long-header",
     .title = "A header of 100 kB breaks nothing",
     .section = kRestApis,
     .level = Level::kRecommended,
     .run = LongHeader},
    {.id = "security.large-body",
     .title = "A body of 4 MiB breaks nothing",
     .section = kRequestBody,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = LargeBody},
    {.id = "security.deep-body",
     .title = "A body nested 20,000 deep breaks nothing",
     .section = kRequestBody,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = DeepBody},
    {.id = "security.deep-predicate",
     .title = "A predicate nested 10,000 deep breaks nothing",
     .section = kJsonPredicates,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = DeepPredicate},
    {.id = "security.large-numbers",
     .title = "Numbers out of range break nothing",
     .section = kRequestBody,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = LargeNumbers},
    {.id = "security.trace",
     .title = "TRACE does not send headers back",
     .section = kRestApis,
     .level = Level::kRecommended,
     .run = NoTrace},
    {.id = "security.signed-urls",
     .title = "A file's URL opens as it was signed alone",
     .section = kFileParquet,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = UrlsAreSigned},
    {.id = "security.folders",
     .title = "The folder of a file is not listed",
     .section = kFileParquet,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = NoDirectories},
    {.id = "security.file-ids",
     .title = "Ids of files do not tell their paths",
     .section = kFileParquet,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = IdsTellNoPaths},
    {.id = "security.page-tokens",
     .title = "A page token opens the list that gave it, unchanged, alone",
     .section = kListAllTables,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = TokensFitOneList},
});

}  // namespace

std::span<const Check> SecurityChecks() { return kChecks; }

}  // namespace sluice::conformance
