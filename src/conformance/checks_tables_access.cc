// Queries that are computed while the client waits elsewhere, and tables that are read as
// directories.
#include <fmt/format.h>

#include <array>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/encoding.h"
#include "conformance/catalogue.h"
#include "conformance/sections.h"
#include "conformance/table_query.h"

namespace sluice::conformance {
namespace {

const HeaderList kAsync = {{std::string(kCapabilitiesHeader), "asyncquery=true"}};

bool IsAsync(const Answer& answer) {
  return AsciiLower(answer.Header(kCapabilitiesHeader)).find("asyncquery=true") !=
         std::string::npos;
}

// A key that no earlier run of the suite has used.
std::string FreshKey(std::string_view what) {
  return fmt::format("suite-{}-{}", what, ToUnixMillis(SystemClock().Now()));
}

// Submits a query: its id, and nothing where the server answered at once.
Result<std::optional<std::string>> Submit(Context& context, const std::string& key,
                                          json::Object body = {}) {
  body["idempotencyKey"] = key;
  const Answer answer =
      TRY(context.Post(context.table().Path("/query"), json::Serialize(body), kAsync));
  TableAnswer table = TRY(context.RequireTable(answer));
  if (!IsAsync(answer)) {
    TRY(context.Require(!table.query_status.has_value(), answer,
                        "asyncquery=true in the header of an asynchronous answer"));
    return std::optional<std::string>();
  }
  TRY(context.Require(table.query_status.has_value() && table.order.size() == 1, answer,
                      "one line with queryStatus"));
  std::string id = TextMember(*table.query_status, "queryId").value_or("");
  TRY(context.Require(!id.empty(), answer, "a queryId"));
  return std::optional<std::string>(std::move(id));
}

// Asks for the query until it is done.
Result<Told> Await(Context& context, const std::string& id, const json::Object& body) {
  constexpr int kPolls = 240;
  constexpr Millis kPause(250);
  for (int poll = 0; poll < kPolls; ++poll) {
    Answer answer = TRY(
        context.Post(context.table().Path("/queries/" + PercentEncode(id)), json::Serialize(body)));
    TableAnswer table = TRY(context.RequireTable(answer));
    if (!table.query_status) return Told{.answer = std::move(answer), .table = std::move(table)};
    const std::string status = TextMember(*table.query_status, "status").value_or("");
    TRY(context.Require(status == "pending", answer, "status pending, or the query's lines"));
    context.Expect(table.order.size() == 1, answer, "nothing beside the status");
    std::this_thread::sleep_for(kPause);
  }
  TRY(context.Require(false, Answer{}, "an end of status pending", "a minute of it"));
  return Told{};
}

constexpr const char* kNotAsync = "the server answers queries at once";

Status AsyncRows(Context& context) {
  const auto id = TRY(Submit(context, FreshKey("rows")));
  if (!id) return context.Skip(kNotAsync);
  const Told reply = TRY(Await(context, *id, {}));
  ExpectVersionHeader(context, reply.answer, Made(context).Latest());
  return ExpectVersion(context, Made(context), reply, Made(context).Latest());
}

// Whoever does not know the capability has to give the rows as ever.
Status AsyncIgnored(Context& context) {
  const Answer answer = TRY(context.Post(context.table().Path("/query"),
                                         R"({"idempotencyKey": "suite-ignored"})", kAsync));
  if (IsAsync(answer)) return context.Skip("the server offers asynchronous queries");
  TableAnswer table = TRY(context.RequireTable(answer));
  const Told reply{.answer = answer, .table = std::move(table)};
  return ExpectVersion(context, Made(context), reply, Made(context).Latest());
}

Status AsyncSameKey(Context& context) {
  const std::string key = FreshKey("twice");
  const auto first = TRY(Submit(context, key));
  if (!first) return context.Skip(kNotAsync);
  const auto second = TRY(Submit(context, key));
  context.Expect(first == second, "one queryId for one idempotencyKey",
                 fmt::format("{} and {}", *first, second.value_or("none")));
  return {};
}

Status AsyncPages(Context& context) {
  const auto id = TRY(Submit(context, FreshKey("pages")));
  if (!id) return context.Skip(kNotAsync);
  std::set<std::string> parts;
  json::Object body = {{"maxFiles", 1000}};
  for (int page = 0; page < 20; ++page) {
    const Told reply = TRY(Await(context, *id, body));
    for (const DataFile& file : reply.table.files) {
      const std::string part = TextMember(file.partition_values, "part").value_or("none");
      context.Expect(parts.insert(part).second, reply.answer, "each file once", part);
    }
    const std::string next =
        reply.table.end ? TextMember(*reply.table.end, "nextPageToken").value_or("") : "";
    if (next.empty()) break;
    body["pageToken"] = next;
  }
  context.Expect(parts.size() == 2500, "2500 files in all pages",
                 fmt::format("{} files", parts.size()));
  return {};
}

Status AsyncUnknown(Context& context) {
  const auto id = TRY(Submit(context, FreshKey("unknown")));
  if (!id) return context.Skip(kNotAsync);
  const Answer answer = TRY(context.Post(context.table().Path("/queries/no-such-query"), "{}"));
  ExpectRefused(context, answer, "there is no such query");
  return {};
}

// The modes that the metadata names; none: url alone.
Result<std::set<std::string>> Modes(Context& context, const Answer& answer) {
  const TableAnswer table = TRY(context.RequireTable(answer));
  std::set<std::string> modes;
  if (table.metadata_lines.empty()) return modes;
  const json::Object& line = table.metadata_lines.front();
  if (!line.contains("accessModes")) return modes;
  const json::Array* list = ArrayMember(line, "accessModes");
  TRY(context.Require(list != nullptr, answer, "accessModes to be an array"));
  for (const json::Value& mode : *list) {
    const std::string name(mode.is_string() ? std::string_view(mode.get_string()) : "");
    context.Expect(name == "url" || name == "dir", answer, "'url' and 'dir' in accessModes", name);
    modes.insert(name);
  }
  if (modes.contains("dir")) {
    context.Expect(!TextMember(line, "location").value_or("").empty(), answer,
                   "a location where accessModes has 'dir'");
  }
  return modes;
}

Status AccessModes(Context& context) {
  const Answer answer = TRY(context.Get(context.table().Path("/metadata")));
  const auto modes = TRY(Modes(context, answer));
  context.Expect(modes.empty() || modes.contains("url"), answer,
                 "'url' in accessModes of a table whose queries are answered");
  context.Note(fmt::format("directory access: {}", modes.contains("dir") ? "yes" : "no"));
  return {};
}

// What exactly one of the clouds' credentials has to hold.
bool Complete(const json::Object& credentials) {
  const auto has = [&](std::string_view name, std::initializer_list<std::string_view> members) {
    const json::Object* object = ObjectMember(credentials, name);
    if (object == nullptr) return 0;
    for (const std::string_view member : members) {
      if (TextMember(*object, member).value_or("").empty()) return 2;
    }
    return 1;
  };
  return has("awsTempCredentials", {"accessKeyId", "secretAccessKey", "sessionToken"}) +
             has("azureUserDelegationSas", {"sasToken"}) + has("gcpOauthToken", {"oauthToken"}) ==
         1;
}

Status Credentials(Context& context) {
  const Answer metadata = TRY(context.Get(context.table().Path("/metadata")));
  if (!TRY(Modes(context, metadata)).contains("dir")) {
    return context.Skip("the table is not offered as a directory");
  }
  const Answer answer =
      TRY(context.Post(context.table().Path("/temporary-table-credentials"), "{}"));
  const json::Object body = TRY(context.RequireObject(answer));
  // What came holds secrets: it is not told.
  const json::Object* credentials = ObjectMember(body, "credentials");
  TRY(context.Require(credentials != nullptr, answer, "an object 'credentials'", "none"));
  context.Expect(Complete(*credentials), answer, "whole credentials of one cloud", "others");
  context.Expect(!TextMember(*credentials, "location").value_or("").empty(), answer, "a location",
                 "none");
  const int64_t now = ToUnixMillis(SystemClock().Now());
  context.Expect(IntMember(*credentials, "expirationTime").value_or(0) > now, answer,
                 "an expirationTime in ms, still to come", "none, or an earlier one");
  return {};
}

Status NoCredentials(Context& context) {
  const Answer metadata = TRY(context.Get(context.table().Path("/metadata")));
  if (TRY(Modes(context, metadata)).contains("dir")) {
    return context.Skip("the table is offered as a directory");
  }
  const Answer answer =
      TRY(context.Post(context.table().Path("/temporary-table-credentials"), "{}"));
  context.Expect(answer.status >= 400 && answer.status < 500, answer,
                 "a status 4xx, since accessModes has no 'dir'",
                 fmt::format("status {}", answer.status));
  return {};
}

constexpr auto kChecks = std::to_array<Check>({
    MadeTableCheck("async.ignored", "A server without asynchronous queries answers at once",
                   "history", AsyncIgnored, kAsyncQuery, Level::kRequired),
    MadeTableCheck("async.rows", "An asynchronous query ends with the table's rows", "history",
                   AsyncRows, kGetQueryInfo, Level::kOptional),
    MadeTableCheck("async.same-key", "One idempotencyKey is one query", "history", AsyncSameKey,
                   kAsyncQuery, Level::kOptional),
    MadeTableCheck("async.pages", "The answer of an asynchronous query comes in pages",
                   "many_files", AsyncPages, kGetQueryInfo, Level::kOptional),
    MadeTableCheck("async.unknown", "A query that nobody knows is refused", "history", AsyncUnknown,
                   kGetQueryInfo, Level::kOptional),
    MadeTableCheck("access.modes", "accessModes has its form", "history", AccessModes, kAccessModes,
                   Level::kOptional),
    MadeTableCheck("access.credentials", "A directory's credentials have their form", "history",
                   Credentials, kTemporaryCredential, Level::kOptional),
    MadeTableCheck("access.no-credentials", "No credentials where no directory is offered", "plain",
                   NoCredentials, kTemporaryCredential, Level::kRecommended),
});

}  // namespace

std::span<const Check> AsyncAndAccessChecks() { return kChecks; }

}  // namespace sluice::conformance
