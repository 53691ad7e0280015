#include "sharing/query_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "sharing/capabilities.h"
#include "sharing/errors.h"
#include "sharing/head_lines.h"
#include "sharing/hints.h"
#include "sharing/operations.h"
#include "sharing/parameters.h"
#include "sharing/shared_partitions.h"
#include "sharing/table_changes.h"
#include "sharing/table_request.h"
#include "sharing/table_response.h"

namespace sluice::sharing {
namespace {

// The body of the request: Delta Sharing PROTOCOL.md, "Request Body", and the reference server's
// protocol.proto for what pages.
struct QueryRequest {
  AsOf as_of;
  std::optional<int64_t> limit_hint;
  std::optional<int64_t> max_files;
  std::optional<std::string> page_token;
  std::optional<std::string> refresh_token;
  bool include_refresh_token = false;
  Hints hints;
  std::optional<delta::Version> starting_version;  // asks for changes, up to ending_version
  std::optional<delta::Version> ending_version;
  bool historical_protocol = false;
  std::optional<std::string> idempotency_key;
  std::string hash;   // of everything that must stay the same between pages
  std::string asked;  // the members that decide the answer, for AsyncQuery
};

Status CheckContentType(const net::Request& request) {
  const auto type = request.headers.Find("content-type");
  if (!type || AsciiLower(*type).starts_with("application/json")) return {};
  return Fail(Code::kInvalidArgument, "The request body must be application/json.", {},
              net::kReasonMediaType);
}

std::string HashOf(const json::Object& body) {
  std::string text;
  for (const char* name :
       {"predicateHints", "jsonPredicateHints", "limitHint", "version", "timestamp",
        "startingVersion", "endingVersion", "includeHistoricalProtocol"}) {
    const json::Value* value = body.if_contains(name);
    text += value == nullptr ? "null" : json::Serialize(*value);
    text += '\n';
  }
  return TokenHash(text);
}

// What a query that is answered later is asked with, when the time has come.
std::string AskedOf(const json::Object& body) {
  json::Object asked;
  for (const char* name : {"predicateHints", "jsonPredicateHints", "limitHint", "version",
                           "timestamp", "includeRefreshToken"}) {
    const json::Value* value = body.if_contains(name);
    if (value != nullptr && !value->is_null()) asked[name] = *value;
  }
  return json::Serialize(asked);
}

Status CheckRange(const QueryRequest& query) {
  if (query.as_of.any()) return InvalidParameter(std::string(errors::kOneOfVersionTimestamp));
  if (*query.starting_version < 0) {
    return InvalidParameter("startingVersion cannot be negative.");
  }
  if (query.ending_version && *query.ending_version < *query.starting_version) {
    return InvalidParameter(
        fmt::format("startingVersion({}) must be smaller than or equal to endingVersion({}).",
                    *query.starting_version, *query.ending_version));
  }
  if (query.include_refresh_token || !query.refresh_token.value_or("").empty()) {
    return InvalidParameter("A refresh token cannot go with startingVersion.");
  }
  return {};
}

// Clients send either name: the second is that of the reference server's protocol.proto.
Result<std::optional<std::string>> IdempotencyKey(const json::Object& body) {
  auto key = TRY(TextMember(body, "idempotencyKey"));
  if (!key) key = TRY(TextMember(body, "idempotency_key"));
  if (key && (key->empty() || key->size() > kMaxIdempotencyKey)) {
    return InvalidParameter(
        fmt::format("idempotencyKey must have 1 to {} bytes.", kMaxIdempotencyKey));
  }
  return key;
}

Result<QueryRequest> ParseQuery(const json::Object& body) {
  QueryRequest query;
  query.hints = TRY(ParseHints(body));
  query.limit_hint = TRY(NumberMember(body, "limitHint"));
  if (query.limit_hint && *query.limit_hint < 0) {
    return InvalidParameter("limitHint cannot be negative.");
  }
  query.max_files = TRY(MaxFiles(body));
  query.page_token = TRY(TextMember(body, "pageToken"));
  query.refresh_token = TRY(TextMember(body, "refreshToken"));
  query.include_refresh_token = TRY(FlagMember(body, "includeRefreshToken"));
  query.as_of.version = TRY(NumberMember(body, "version"));
  query.as_of.timestamp = TRY(TextMember(body, "timestamp"));
  query.starting_version = TRY(NumberMember(body, "startingVersion"));
  query.ending_version = TRY(NumberMember(body, "endingVersion"));
  query.historical_protocol = TRY(FlagMember(body, "includeHistoricalProtocol"));
  if (query.starting_version) TRY(CheckRange(query));
  query.idempotency_key = TRY(IdempotencyKey(body));
  query.hash = HashOf(body);
  query.asked = AskedOf(body);
  return query;
}

// Where the answer begins: at a page, at the version of a refresh token, or as asked.
struct Start {
  std::shared_ptr<const delta::Snapshot> snapshot;
  std::optional<QueryPage> page;
};

// The version that a token was made of, if it is still the same table's; else `again` says what to
// do.
Result<std::shared_ptr<const delta::Snapshot>> LoadSealed(const Services& services,
                                                          const catalog::SharedTable& table,
                                                          const QueryPage& sealed,
                                                          std::string_view again) {
  auto snapshot = LoadTokenVersion(services, table, sealed.version);
  const bool gone = !snapshot && snapshot.error().code == Code::kInvalidArgument;
  if (gone) return InvalidParameter(errors::VersionGone(again));
  if (snapshot && sealed.table != TokenHash((*snapshot)->metadata().id)) {
    return InvalidParameter(std::string(again));  // another table stands here now
  }
  return snapshot;
}

// Where a page begins; its token was made by `operation`.
Result<Start> FindPage(const Services& services, const net::Request& request,
                       const QueryRequest& query, const catalog::SharedTable& table,
                       std::string_view operation) {
  const auto content =
      services.tokens.Open(ScopeOf(operation, request.principal, table), *query.page_token);
  auto page = content ? UnpackQueryPage(*content) : std::unexpected(content.error());
  if (!page || page->request != query.hash) {
    return InvalidParameter(std::string(errors::kStartAgain));
  }
  TRY(CheckAsOf(table, query.as_of));
  auto snapshot = TRY(LoadSealed(services, table, *page, errors::kStartAgain));
  return Start{std::move(snapshot), *std::move(page)};
}

// The page of a refresh token: its version, and which table it is of. Nothing: there is no token.
Result<std::optional<QueryPage>> OpenRefreshToken(const Services& services,
                                                  const net::Request& request,
                                                  const QueryRequest& query,
                                                  const catalog::SharedTable& table) {
  if (query.refresh_token.value_or("").empty()) return std::nullopt;
  if (query.as_of.any()) {
    return InvalidParameter("refreshToken cannot go with version or timestamp.");
  }
  const auto content =
      services.tokens.Open(ScopeOf("refresh", request.principal, table), *query.refresh_token);
  auto page = content ? UnpackQueryPage(*content) : std::unexpected(content.error());
  if (!page) return InvalidParameter(std::string(errors::kRefreshAgain));
  return page;
}

// Whether a token for this version may lead to another one, because anybody may ask for the version
// now. Without history one that is the table's no longer ends with the token that names it.
Result<bool> MayGoOn(const Services& services, const catalog::SharedTable& table,
                     delta::Version version) {
  if (table.history_shared) return true;
  const auto newest = services.snapshots.NewestVersion(table.location);
  if (!newest) return std::unexpected(TableError(table, newest.error()));
  return version == *newest;
}

Result<Start> FindStart(const Services& services, const net::Request& request,
                        const QueryRequest& query, const catalog::SharedTable& table) {
  if (query.page_token) return FindPage(services, request, query, table, "QueryTable");
  const auto refresh = TRY(OpenRefreshToken(services, request, query, table));
  if (!refresh) return Start{TRY(LoadSnapshot(services, table, query.as_of)), std::nullopt};
  auto snapshot = TRY(LoadSealed(services, table, *refresh, errors::kRefreshAgain));
  return Start{std::move(snapshot), std::nullopt};
}

// Nothing: the answer is not cut.
std::optional<uint64_t> PageSize(const Services& services, const QueryRequest& query) {
  const uint64_t limit = services.options.page_size_limit;
  if (query.max_files) return std::min(static_cast<uint64_t>(*query.max_files), limit);
  return query.page_token ? std::optional(limit) : std::nullopt;
}

delta::ScanOptions PlanScan(const Services& services, const QueryRequest& query,
                            const Start& start) {
  delta::ScanOptions scan;
  if (query.hints.any()) {
    scan.skipping = PlanSkipping(query.hints, services.options.hints, *start.snapshot);
  }
  // The limit counts rows that pass the client's predicates. Where nobody can tell which those are
  // it would cut off files that the client needs.
  if (!query.hints.any() || scan.skipping != nullptr) scan.limit_rows = query.limit_hint;
  scan.max_files = PageSize(services, query);
  if (start.page) {
    scan.after = start.page->after;
    scan.rows_before = start.page->rows_before;
  }
  return scan;
}

// By which the client comes back to this version. Where it may not go on for ever it gets the token
// that it came with, whose end stays, or with a later page none.
Result<std::string> RefreshToken(const Services& services, const net::Request& request,
                                 const catalog::SharedTable& table, const QueryRequest& query,
                                 const delta::Snapshot& snapshot) {
  const bool begins = !query.page_token && query.refresh_token.value_or("").empty();
  if (!begins && !TRY(MayGoOn(services, table, snapshot.version()))) {
    return query.page_token ? std::string() : *query.refresh_token;
  }
  QueryPage page;
  page.version = snapshot.version();
  page.table = TokenHash(snapshot.metadata().id);
  return services.tokens.Seal(ScopeOf("refresh", request.principal, table), PackQueryPage(page),
                              services.options.refresh_token_lifetime);
}

// The files that were added and removed since a version.
Result<net::Response> QueryChanges(const Services& services, const net::Request& request,
                                   const catalog::SharedTable& table, const QueryRequest& query) {
  if (!table.history_shared) {
    return InvalidParameter(errors::HistoryNotShared(table.share, table.schema, table.name));
  }
  ChangesQuestion question;
  question.what = delta::Changes::kFiles;
  question.first = *query.starting_version;
  question.last = query.ending_version;
  question.historical_metadata = true;
  question.historical_protocol = query.historical_protocol;
  question.max_files = PageSize(services, query);
  question.end_stream_action = query.max_files || query.page_token;
  question.operation = "QueryTable";
  question.request_hash = query.hash;
  if (query.page_token) {
    question.page = TRY(OpenChangesPage(services, request, table, question, *query.page_token));
  }
  return AnswerChanges(services, request, table, question);
}

// Whose query of which table, and how it is to be answered.
struct Asking {
  const net::Request& request;
  const std::shared_ptr<const catalog::SharedTable>& table;
  Capabilities capabilities;
  std::string_view operation;
};

// The answer to a query of one version, from `start` on.
Result<net::Response> AnswerQuery(const Services& services, const Asking& asking,
                                  const QueryRequest& query, const Start& start) {
  const auto& [request, table, capabilities, operation] = asking;
  const Format format = TRY(ChooseFormat(capabilities, start.snapshot->advanced()));
  std::string head =
      TRY(HeadLines(format, capabilities, *table, *start.snapshot, query.as_of.any()));

  auto used = TRY(services.options.external->UsedBy(*start.snapshot, table->location));
  auto links =
      TRY(BeginTableLinks(services, request, *table, start.snapshot->version(), std::move(used)));

  QueryPlan plan;
  plan.table = table;
  plan.snapshot = start.snapshot;
  plan.format = format;
  plan.id_scheme = capabilities.file_id_hash.value_or(format);
  plan.by_version = query.as_of.any();
  plan.end_stream_action = capabilities.end_stream_action || query.max_files || query.page_token ||
                           query.include_refresh_token;
  plan.scan = PlanScan(services, query, start);
  plan.operation = operation;
  plan.principal = request.principal;
  plan.request_hash = query.hash;
  if (query.include_refresh_token && !query.as_of.any()) {
    plan.refresh_token = TRY(RefreshToken(services, request, *table, query, *start.snapshot));
  }

  net::Response response;
  response.headers.Add("Content-Type", "application/x-ndjson; charset=utf-8");
  response.headers.Add("delta-table-version", std::to_string(start.snapshot->version()));
  AddFormatHeaders(capabilities, format, capabilities.end_stream_action, response);
  response.body = QueryBody(services, std::move(plan), std::move(links), std::move(head));
  return response;
}

// What is asked now, to be answered later. A range of changes is not: nothing of it would be kept
// until then. Neither is a page that follows one of an answer given at once.
Result<std::optional<net::Response>> AnswerLater(const Services& services, const Asking& asking,
                                                 const QueryRequest& query) {
  if (!asking.capabilities.async_query || query.page_token || query.starting_version) {
    return std::nullopt;
  }
  if (!query.idempotency_key) return InvalidParameter(std::string(errors::kKeyNeeded));
  const auto refresh = TRY(OpenRefreshToken(services, asking.request, query, *asking.table));
  // A queryId would outlive the token, and its answer brings another one.
  if (refresh && !TRY(MayGoOn(services, *asking.table, refresh->version))) return std::nullopt;
  return SubmitQuery(services, asking.request, *asking.table,
                     {.capabilities = asking.capabilities,
                      .as_of = query.as_of,
                      .version = refresh ? std::optional(refresh->version) : std::nullopt,
                      .idempotency_key = *query.idempotency_key,
                      .asked = query.asked});
}

}  // namespace

Result<json::Object> ParseBody(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Malformed("No content to map due to end-of-input: send {} when nothing is asked for.");
  }
  Result<json::Value> value = json::Parse(body, {.size = MiB(2), .depth = 100});
  if (!value) return Malformed(value.error().message);
  if (!value->is_object()) return Malformed("Expected an object as the request body.");
  return std::move(value->get_object());
}

Result<std::optional<int64_t>> MaxFiles(const json::Object& body) {
  const auto max_files = TRY(NumberMember(body, "maxFiles"));
  if (max_files && *max_files <= 0) return InvalidParameter("maxFiles must be positive.");
  return max_files;
}

Result<net::Response> QueryTable(const Services& services, const net::Request& request) {
  Capabilities capabilities = TRY(ParseCapabilities(request.headers));
  TRY(CheckContentType(request));
  const QueryRequest query = TRY(ParseQuery(TRY(ParseBody(request.body))));
  const auto table = TRY(ResolveTable(services, request));
  const Asking asking{request, table, std::move(capabilities), "QueryTable"};
  if (auto later = TRY(AnswerLater(services, asking, query))) return *std::move(later);
  if (query.starting_version) return QueryChanges(services, request, *table, query);
  return AnswerQuery(services, asking, query, TRY(FindStart(services, request, query, *table)));
}

Result<net::Response> AnswerAsked(const Services& services, const net::Request& request,
                                  const std::shared_ptr<const catalog::SharedTable>& table,
                                  AskedPage page) {
  QueryRequest query = TRY(ParseQuery(TRY(ParseBody(page.asked))));
  query.hash = TokenHash(page.query_id);
  query.max_files = page.max_files;
  query.page_token = std::move(page.page_token);
  if (query.page_token) query.include_refresh_token = false;  // the first page has it
  TRY(CheckAsOf(*table, query.as_of));
  const Asking asking{request, table, std::move(page.capabilities), "GetQueryInfo"};
  if (!query.page_token) return AnswerQuery(services, asking, query, {page.snapshot, std::nullopt});
  return AnswerQuery(services, asking, query,
                     TRY(FindPage(services, request, query, *table, "GetQueryInfo")));
}

}  // namespace sluice::sharing
