// What may a query's request look like? Bodies and headers, right and wrong.
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

Result<Answer> Query(Context& context, std::string body, HeaderList headers = {}) {
  return context.Post(context.table().Path("/query"), std::move(body), std::move(headers));
}

Status Lines(Context& context) {
  const Told told = TRY(AskQuery(context));
  const std::vector<std::string>& order = told.table.order;
  TRY(context.Require(order.size() >= 2 && order[0] == "protocol" && order[1] == "metaData",
                      told.answer, "first a line of protocol, then one of metaData"));
  for (const DataFile& file : told.table.files) {
    TRY(context.Require(file.action == "file", told.answer,
                        "every further line of a snapshot to be a 'file'", file.action));
  }
  return {};
}

Status NoContentType(Context& context) {
  const Answer answer =
      TRY(context.Send({.method = "POST", .target = context.table().Path("/query"), .body = "{}"}));
  context.ExpectStatus(answer, {200});
  return {};
}

Status NoBody(Context& context) {
  const Answer answer = TRY(Query(context, ""));
  context.ExpectStatus(answer, {200, 400});
  return {};
}

Status Malformed(Context& context) {
  for (const std::string_view body : {"{", "{\"limitHint\": }", "not json", "{} {}"}) {
    const Answer answer = TRY(Query(context, std::string(body)));
    context.ExpectError(answer, {400});
  }
  return {};
}

Status NoObject(Context& context) {
  for (const std::string_view body : {"[]", "\"text\"", "17"}) {
    const Answer answer = TRY(Query(context, std::string(body)));
    context.ExpectError(answer, {400});
  }
  return {};
}

Status WrongTypes(Context& context) {
  for (const std::string_view body :
       {R"({"version": "abc"})", R"({"version": {}})", R"({"startingVersion": "abc"})",
        R"({"limitHint": "abc"})", R"({"predicateHints": {"a": 1}})"}) {
    const Answer answer = TRY(Query(context, std::string(body)));
    context.ExpectError(answer, {400});
  }
  return {};
}

Status NegativeVersions(Context& context) {
  for (const std::string_view body : {R"({"version": -1})", R"({"startingVersion": -1})"}) {
    const Answer answer = TRY(Query(context, std::string(body)));
    context.ExpectError(answer, {400, 403});
  }
  return {};
}

Status UnknownFields(Context& context) {
  const Told plain = TRY(AskQuery(context));
  const Told told = TRY(AskQuery(context, {}, R"({"sluiceNoSuchField": {"a": [1, null]}})"));
  context.Expect(told.table.files.size() == plain.table.files.size(), told.answer,
                 "the files that {} gives");
  return {};
}

Status UnreadablePredicates(Context& context) {
  const Told plain = TRY(AskQuery(context));
  for (const std::string_view body : {R"({"jsonPredicateHints": "not json"})",
                                      R"({"jsonPredicateHints": "{\"op\": \"nosuch\"}"})",
                                      R"({"predicateHints": ["this is ( no SQL"]})"}) {
    const Told told = TRY(AskQuery(context, {}, std::string(body)));
    context.Expect(told.table.files.size() == plain.table.files.size(), told.answer,
                   "all files: a hint that cannot be read is passed over");
  }
  return {};
}

Status AcceptHeaders(Context& context) {
  for (const std::string_view accept : {"*/*", "application/json", "application/x-ndjson"}) {
    const Answer answer = TRY(Query(context, "{}", {{"Accept", std::string(accept)}}));
    context.ExpectStatus(answer, {200});
  }
  const Answer answer = TRY(Query(context, "{}", {{"Accept-Encoding", "gzip, deflate, br"}}));
  context.ExpectStatus(answer, {200});
  const std::string encoding = AsciiLower(answer.Header("Content-Encoding"));
  const bool zipped = answer.body.starts_with("\x1f\x8b");
  context.Expect(zipped == (encoding == "gzip"), answer,
                 "Content-Encoding: gzip where, and only where, the body is", encoding);
  return {};
}

Status KeepAlive(Context& context) {
  for (int i = 0; i < 2; ++i) {
    const Answer answer = TRY(context.Get(context.table().Path("/version")));
    TRY(context.RequireStatus(answer, 200));
    context.Expect(AsciiLower(answer.Header("Connection")) != "close", answer,
                   "the connection to stay open: a client asks many times", "Connection: close");
  }
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "query.lines",
     .title = "A query's lines are protocol, metaData, then files",
     .section = kReadData,
     .needs = kNeedsTable,
     .run = Lines},
    {.id = "query.no-content-type",
     .title = "Content-Type may be left out",
     .section = kReadData,
     .needs = kNeedsTable,
     .run = NoContentType,
     .remark = "The reference server answers 500; the protocol calls the header optional."},
    {.id = "query.no-body",
     .title = "An empty body is read as {} or refused, and breaks nothing",
     .section = kRequestBody,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = NoBody},
    {.id = "query.malformed",
     .title = "A body that is not JSON gives 400",
     .section = kReadData,
     .needs = kNeedsTable,
     .run = Malformed,
     .remark = "The reference server answers 500; the protocol says 400."},
    {.id = "query.no-object",
     .title = "A body that is no object gives 400",
     .section = kReadData,
     .needs = kNeedsTable,
     .run = NoObject},
    {.id = "query.wrong-types",
     .title = "Fields of the wrong type give 400",
     .section = kRequestBody,
     .needs = kNeedsTable,
     .run = WrongTypes},
    {.id = "query.negative-versions",
     .title = "Negative versions are refused",
     .section = kRequestBody,
     .needs = kNeedsTable,
     .run = NegativeVersions},
    {.id = "query.unknown-fields",
     .title = "Fields that a server does not know are passed over",
     .section = kRequestBody,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = UnknownFields},
    {.id = "query.unreadable-predicates",
     .title = "Hints that cannot be read are passed over",
     .section = kRequestBody,
     .needs = kNeedsTable,
     .run = UnreadablePredicates},
    {.id = "query.accept",
     .title = "Accept and Accept-Encoding as clients send them do no harm",
     .section = kReadData,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = AcceptHeaders},
    {.id = "query.keep-alive",
     .title = "Connections stay open",
     .section = kRestApis,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = KeepAlive},
});

}  // namespace

std::span<const Check> RequestChecks() { return kChecks; }

}  // namespace sluice::conformance
