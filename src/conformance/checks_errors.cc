// What is said of what does not exist, or is not done?
#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

constexpr std::string_view kNoSuch = "sluice_no_such_name";

// All that can be asked of a table that does not exist.
Status AskOfUnknown(Context& context, const TableName& table) {
  for (const std::string_view rest : {"/version", "/metadata"}) {
    const Answer answer = TRY(context.Get(table.Path(rest)));
    context.ExpectError(answer, {404});
  }
  const Answer query = TRY(context.Post(table.Path("/query"), "{}"));
  context.ExpectError(query, {404});
  return {};
}

Status UnknownShare(Context& context) {
  const TableName unknown{.share = std::string(kNoSuch), .schema = "default", .table = "t"};
  for (const std::string& path :
       {SharePath(unknown), SharePath(unknown) + "/schemas", SharePath(unknown) + "/all-tables",
        SchemaPath(unknown) + "/tables"}) {
    const Answer answer = TRY(context.Get(path));
    context.ExpectError(answer, {404});
  }
  return AskOfUnknown(context, unknown);
}

Status UnknownSchema(Context& context) {
  TableName unknown = context.table();
  unknown.schema = kNoSuch;
  const Answer answer = TRY(context.Get(SchemaPath(unknown) + "/tables"));
  context.ExpectError(answer, {404});
  return AskOfUnknown(context, unknown);
}

Status UnknownTable(Context& context) {
  TableName unknown = context.table();
  unknown.table = kNoSuch;
  return AskOfUnknown(context, unknown);
}

Status UnknownTableChanges(Context& context) {
  TableName unknown = context.table();
  unknown.table = kNoSuch;
  const Answer answer = TRY(context.Get(unknown.Path("/changes?startingVersion=0")));
  context.ExpectError(answer, {404});
  return {};
}

Status UnknownPath(Context& context) {
  for (const std::string_view path : {"/sluice-no-such-path", "/shares/a/b/c/d/e/f/g"}) {
    const Answer answer = TRY(context.Get(std::string(path)));
    context.ExpectStatus(answer, {404, 400, 405});
  }
  return {};
}

// Requests that would write, were they allowed: at names that do not exist.
Status OtherMethods(Context& context) {
  const std::string path = fmt::format("/shares/{}", kNoSuch);
  for (const std::string_view method : {"DELETE", "PUT", "PATCH", "POST"}) {
    Call call{.method = std::string(method), .target = path};
    if (method != "DELETE") call.body = "{}";
    const Answer answer = TRY(context.Send(call));
    context.ExpectStatus(answer, {404, 405, 400, 403, 501});
  }
  return {};
}

Status QueryByGet(Context& context) {
  const Answer answer = TRY(context.Get(context.table().Path("/query")));
  context.ExpectStatus(answer, {405, 404, 400});
  return {};
}

Status BadTimestamp(Context& context) {
  const Answer answer =
      TRY(context.Post(context.table().Path("/query"), R"({"timestamp": "no time at all"})"));
  context.ExpectError(answer, {400, 403});
  return {};
}

Status FarVersion(Context& context) {
  const Answer answer =
      TRY(context.Post(context.table().Path("/query"), R"({"version": 4000000000000})"));
  context.ExpectError(answer, {400, 403, 404});
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "errors.unknown-share",
     .title = "An unknown share gives 404 and the protocol's JSON error, whatever is asked",
     .section = kGetShare,
     .run = UnknownShare},
    {.id = "errors.unknown-schema",
     .title = "An unknown schema gives 404 and the JSON error",
     .section = kListTables,
     .needs = kNeedsTable,
     .run = UnknownSchema},
    {.id = "errors.unknown-table",
     .title = "An unknown table gives 404 and the JSON error",
     .section = kTableMetadata,
     .needs = kNeedsTable,
     .run = UnknownTable},
    {.id = "errors.unknown-table-changes",
     .title = "Changes of an unknown table give 404 and the JSON error",
     .section = kReadChanges,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = UnknownTableChanges},
    {.id = "errors.unknown-version",
     .title = "A version that does not exist is refused with the JSON error",
     .section = kReadData,
     .needs = kNeedsTable,
     .run = FarVersion},
    {.id = "errors.bad-timestamp",
     .title = "A timestamp that is none is refused with the JSON error",
     .section = kTimestampFormat,
     .needs = kNeedsTable,
     .run = BadTimestamp},
    {.id = "errors.unknown-path",
     .title = "A path that the protocol does not know is refused with 404",
     .section = kRestApis,
     .level = Level::kRecommended,
     .run = UnknownPath},
    {.id = "errors.other-methods",
     .title = "DELETE, PUT, PATCH and POST of a share are refused",
     .section = kRestApis,
     .level = Level::kRecommended,
     .run = OtherMethods},
    {.id = "errors.query-by-get",
     .title = "A query by GET is refused",
     .section = kReadData,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = QueryByGet},
});

}  // namespace

std::span<const Check> ErrorChecks() { return kChecks; }

}  // namespace sluice::conformance
