#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "sharing/capabilities.h"
#include "sharing/errors.h"
#include "sharing/head_lines.h"
#include "sharing/operations.h"
#include "sharing/parameters.h"
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
  bool has_predicates = false;
  std::optional<delta::Version> starting_version;  // asks for changes, up to ending_version
  std::optional<delta::Version> ending_version;
  bool historical_protocol = false;
  std::string hash;  // of everything that must stay the same between pages
};

Status CheckContentType(const net::Request& request) {
  const auto type = request.headers.Find("content-type");
  if (!type || AsciiLower(*type).starts_with("application/json")) return {};
  return Fail(Code::kInvalidArgument, "The request body must be application/json.", {},
              net::kReasonMediaType);
}

Result<json::Object> ParseBody(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return Malformed("No content to map due to end-of-input: send {} when nothing is asked for.");
  }
  Result<json::Value> value = json::Parse(body, {.size = MiB(2), .depth = 100});
  if (!value) return Malformed(value.error().message);
  if (!value->is_object()) return Malformed("Expected an object as the request body.");
  return std::move(value->get_object());
}

// Predicates are hints; here they only have to be of the right type.
Result<bool> CheckPredicates(const json::Object& body) {
  const json::Value* sql = body.if_contains("predicateHints");
  const bool has_sql = sql != nullptr && !sql->is_null();
  if (has_sql && !sql->is_array()) {
    return Malformed("Expected an array for repeated field predicateHints of QueryTableRequest");
  }
  const auto json_hints = TRY(TextMember(body, "jsonPredicateHints"));
  return (has_sql && !sql->get_array().empty()) || json_hints.has_value();
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
  const crypto::Digest digest = crypto::Sha256(text);
  return std::string(crypto::View(digest).substr(0, 16));
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

Result<QueryRequest> ParseQuery(const net::Request& request) {
  TRY(CheckContentType(request));
  const json::Object body = TRY(ParseBody(request.body));
  QueryRequest query;
  query.has_predicates = TRY(CheckPredicates(body));
  query.limit_hint = TRY(NumberMember(body, "limitHint"));
  if (query.limit_hint && *query.limit_hint < 0) {
    return InvalidParameter("limitHint cannot be negative.");
  }
  query.max_files = TRY(NumberMember(body, "maxFiles"));
  if (query.max_files && *query.max_files <= 0)
    return InvalidParameter("maxFiles must be positive.");
  query.page_token = TRY(TextMember(body, "pageToken"));
  query.refresh_token = TRY(TextMember(body, "refreshToken"));
  query.include_refresh_token = TRY(FlagMember(body, "includeRefreshToken"));
  query.as_of.version = TRY(NumberMember(body, "version"));
  query.as_of.timestamp = TRY(TextMember(body, "timestamp"));
  query.starting_version = TRY(NumberMember(body, "startingVersion"));
  query.ending_version = TRY(NumberMember(body, "endingVersion"));
  query.historical_protocol = TRY(FlagMember(body, "includeHistoricalProtocol"));
  if (query.starting_version) TRY(CheckRange(query));
  query.hash = HashOf(body);
  return query;
}

// Where the answer begins: at a page, at the version of a refresh token, or as asked.
struct Start {
  std::shared_ptr<const delta::Snapshot> snapshot;
  std::optional<QueryPage> page;
};

Result<Start> FindStart(const Services& services, const net::Request& request,
                        const QueryRequest& query, const catalog::SharedTable& table) {
  if (query.page_token) {
    const auto content =
        services.tokens.Open({"QueryTable", request.principal, table.id}, *query.page_token);
    auto page = content ? UnpackQueryPage(*content) : std::unexpected(content.error());
    if (!page || page->request != query.hash) {
      return InvalidParameter(std::string(errors::kStartAgain));
    }
    return Start{TRY(LoadTokenVersion(services, table, page->version)), *std::move(page)};
  }
  if (query.refresh_token && !query.refresh_token->empty()) {
    if (query.as_of.any())
      return InvalidParameter("refreshToken cannot go with version or timestamp.");
    const auto content =
        services.tokens.Open({"refresh", request.principal, table.id}, *query.refresh_token);
    auto page = content ? UnpackQueryPage(*content) : std::unexpected(content.error());
    if (!page) return InvalidParameter(std::string(errors::kRefreshAgain));
    return Start{TRY(LoadTokenVersion(services, table, page->version)), std::nullopt};
  }
  return Start{TRY(LoadSnapshot(services, table, query.as_of)), std::nullopt};
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
  // The limit counts rows that pass the client's predicates; without evaluating those it would cut
  // off files that the client needs.
  if (!query.has_predicates) scan.limit_rows = query.limit_hint;
  scan.max_files = PageSize(services, query);
  if (start.page) {
    scan.after = start.page->after;
    scan.rows_before = start.page->rows_before;
  }
  return scan;
}

std::string RefreshToken(const Services& services, const net::Request& request,
                         const catalog::SharedTable& table, delta::Version version) {
  QueryPage page;
  page.version = version;
  return services.tokens.Seal({"refresh", request.principal, table.id}, PackQueryPage(page),
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

}  // namespace

Result<net::Response> QueryTable(const Services& services, const net::Request& request) {
  const Capabilities capabilities = TRY(ParseCapabilities(request.headers));
  const QueryRequest query = TRY(ParseQuery(request));
  const auto table = TRY(ResolveTable(services, request));
  if (query.starting_version) return QueryChanges(services, request, *table, query);
  const Start start = TRY(FindStart(services, request, query, *table));
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
  plan.principal = request.principal;
  plan.request_hash = query.hash;
  if (query.include_refresh_token && !query.as_of.any()) {
    plan.refresh_token = RefreshToken(services, request, *table, start.snapshot->version());
  }

  net::Response response;
  response.headers.Add("Content-Type", "application/x-ndjson; charset=utf-8");
  response.headers.Add("delta-table-version", std::to_string(start.snapshot->version()));
  AddFormatHeaders(capabilities, format, capabilities.end_stream_action, response);
  response.body = QueryBody(services, std::move(plan), std::move(links), std::move(head));
  return response;
}

}  // namespace sluice::sharing
