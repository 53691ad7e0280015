// Who may ask? Bearer tokens.
#include <fmt/format.h>

#include <array>
#include <string>

#include "base/encoding.h"
#include "conformance/asking.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"

namespace sluice::conformance {
namespace {

constexpr std::string_view kWrongToken = "sluice-conformance-wrong-token";

bool HasToken(Context& context) { return !context.server().client().token().empty(); }

std::unexpected<Error> NoToken(Context& context) {
  return context.Skip("the suite was given no token, so everybody may ask");
}

Result<Answer> WithoutToken(Context& context, std::string target) {
  return context.Send({.target = std::move(target), .auth = Auth::kNone});
}

Result<Answer> WithWrongToken(Context& context, std::string target) {
  return context.Send({.target = std::move(target),
                       .headers = {{"Authorization", fmt::format("Bearer {}", kWrongToken)}},
                       .auth = Auth::kNone});
}

Status MissingToken(Context& context) {
  if (!HasToken(context)) return NoToken(context);
  const Answer answer = TRY(WithoutToken(context, "/shares"));
  context.ExpectStatus(answer, {401});
  return {};
}

Status WrongToken(Context& context) {
  if (!HasToken(context)) return NoToken(context);
  const Answer answer = TRY(WithWrongToken(context, "/shares"));
  context.ExpectStatus(answer, {401});
  return {};
}

Status WrongScheme(Context& context) {
  if (!HasToken(context)) return NoToken(context);
  for (const std::string_view value :
       {"Basic dXNlcjpwYXNzd29yZA==", "Bearer", "Bearer ", "nothing"}) {
    const Answer answer = TRY(context.Send({.target = "/shares",
                                            .headers = {{"Authorization", std::string(value)}},
                                            .auth = Auth::kNone}));
    context.ExpectStatus(answer, {401, 400});
  }
  return {};
}

Status EveryOperation(Context& context) {
  if (!HasToken(context)) return NoToken(context);
  const TableName& table = context.table();
  for (const std::string& path :
       {SharePath(table), SharePath(table) + "/schemas", SharePath(table) + "/all-tables",
        SchemaPath(table) + "/tables", table.Path("/version"), table.Path("/metadata"),
        table.Path("/changes?startingVersion=0")}) {
    const Answer answer = TRY(WithoutToken(context, path));
    context.ExpectStatus(answer, {401});
  }
  const Answer query = TRY(context.Send({.method = "POST",
                                         .target = table.Path("/query"),
                                         .headers = {{"Content-Type", "application/json"}},
                                         .body = "{}",
                                         .auth = Auth::kNone}));
  context.ExpectStatus(query, {401});
  return {};
}

Status ErrorShape(Context& context) {
  if (!HasToken(context)) return NoToken(context);
  const Answer missing = TRY(WithoutToken(context, "/shares"));
  context.ExpectError(missing, {401});
  const Answer wrong = TRY(WithWrongToken(context, "/shares"));
  context.ExpectError(wrong, {401});
  return {};
}

Status Challenge(Context& context) {
  if (!HasToken(context)) return NoToken(context);
  const Answer answer = TRY(WithoutToken(context, "/shares"));
  context.ExpectHeader(answer, "WWW-Authenticate", "Bearer", [](std::string_view value) {
    return AsciiLower(value).starts_with("bearer");
  });
  return {};
}

Status SchemeInAnyCase(Context& context) {
  if (!HasToken(context)) return NoToken(context);
  const std::string& token = context.server().client().token();
  for (const std::string_view scheme : {"bearer", "BEARER"}) {
    const Answer answer =
        TRY(context.Send({.target = "/shares",
                          .headers = {{"Authorization", fmt::format("{} {}", scheme, token)}},
                          .auth = Auth::kNone}));
    context.ExpectStatus(answer, {200});
  }
  return {};
}

constexpr std::string_view kUnknownTable = "sluice_no_such_table";

// What the body says; a name that was made up is told as `name` is.
std::string Saying(const Answer& answer, std::string_view name) {
  const auto body = json::Parse(answer.body);
  const json::Object* object = body.has_value() ? body->if_object() : nullptr;
  if (object == nullptr) return {};
  std::string text = TextMember(*object, "errorCode").value_or("") + ": " +
                     TextMember(*object, "message").value_or("");
  const size_t at = text.find(kUnknownTable);
  if (at != std::string::npos) text.replace(at, kUnknownTable.size(), name);
  return text;
}

// Who has no token must not find out which names exist.
Status ExistenceIsNotTold(Context& context) {
  if (!HasToken(context)) return NoToken(context);
  const TableName& known = context.table();
  TableName unknown = known;
  unknown.table = kUnknownTable;
  const Answer there = TRY(WithWrongToken(context, known.Path("/metadata")));
  const Answer not_there = TRY(WithWrongToken(context, unknown.Path("/metadata")));
  context.Expect(
      there.status == not_there.status &&
          Saying(there, known.table) == Saying(not_there, known.table),
      not_there, "the same answer as for a table that exists",
      fmt::format("for one that exists: status {}, {}; for this one: status {}, {}", there.status,
                  Saying(there, known.table), not_there.status, Saying(not_there, known.table)));
  return {};
}

// RFC 6750, 2.3: a token in a URL ends in logs, histories and Referer headers.
Status TokenInUrl(Context& context) {
  if (!HasToken(context)) return NoToken(context);
  if (!context.server().may_send_token_in_url()) {
    return context.Skip("it writes the token into the server's logs: run with --token-in-url");
  }
  const std::string token = PercentEncode(context.server().client().token());
  const Answer answer = TRY(WithoutToken(context, "/shares?access_token=" + token));
  context.ExpectStatus(answer, {400, 401});
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    {.id = "auth.missing", .title = "No token: 401", .section = kRestApis, .run = MissingToken},
    {.id = "auth.wrong", .title = "A wrong token: 401", .section = kRestApis, .run = WrongToken},
    {.id = "auth.scheme",
     .title = "Another scheme, or a header without a token, lets nobody in",
     .section = kRestApis,
     .run = WrongScheme},
    {.id = "auth.every-operation",
     .title = "Every operation asks for a token before anything else",
     .section = kRestApis,
     .needs = kNeedsTable,
     .run = EveryOperation},
    {.id = "auth.error-shape",
     .title = "401 comes with the protocol's JSON error",
     .section = kListShares,
     .run = ErrorShape,
     .remark = "The reference server answers in plain text; the protocol says JSON."},
    {.id = "auth.challenge",
     .title = "401 comes with WWW-Authenticate: Bearer (RFC 6750, 3)",
     .section = kRestApis,
     .level = Level::kRecommended,
     .run = Challenge,
     .remark = "The reference server leaves it out."},
    {.id = "auth.scheme-case",
     .title = "'bearer' in any case is the same scheme (RFC 9110, 11.1)",
     .section = kRestApis,
     .level = Level::kRecommended,
     .run = SchemeInAnyCase},
    {.id = "auth.names-not-told",
     .title = "Without a good token a table that exists is answered like one that does not",
     .section = kRestApis,
     .level = Level::kRecommended,
     .needs = kNeedsTable,
     .run = ExistenceIsNotTold},
    {.id = "auth.token-in-url",
     .title = "A token in the URL opens nothing",
     .section = kRestApis,
     .level = Level::kRecommended,
     .run = TokenInUrl},
});

}  // namespace

std::span<const Check> AuthorizationChecks() { return kChecks; }

}  // namespace sluice::conformance
