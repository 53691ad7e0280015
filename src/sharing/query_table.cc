#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "sharing/capabilities.h"
#include "sharing/errors.h"
#include "sharing/head_lines.h"
#include "sharing/operations.h"
#include "sharing/parameters.h"
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
       {"predicateHints", "jsonPredicateHints", "limitHint", "version", "timestamp"}) {
    const json::Value* value = body.if_contains(name);
    text += value == nullptr ? "null" : json::Serialize(*value);
    text += '\n';
  }
  const crypto::Digest digest = crypto::Sha256(text);
  return std::string(crypto::View(digest).substr(0, 16));
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
  const auto starting = TRY(NumberMember(body, "startingVersion"));
  if (starting && query.as_of.any()) {
    return InvalidParameter(std::string(errors::kOneOfVersionTimestamp));
  }
  if (starting && *starting < 0) return InvalidParameter("startingVersion cannot be negative.");
  if (starting) {
    return Fail(Code::kUnsupported,
                "Queries with startingVersion are not supported by this version of the server.");
  }
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

delta::ScanOptions PlanScan(const Services& services, const QueryRequest& query,
                            const Start& start) {
  delta::ScanOptions scan;
  // The limit counts rows that pass the client's predicates; without evaluating those it would cut
  // off files that the client needs.
  if (!query.has_predicates) scan.limit_rows = query.limit_hint;
  if (query.max_files) {
    scan.max_files =
        std::min(static_cast<uint64_t>(*query.max_files), services.options.page_size_limit);
  } else if (start.page) {
    scan.max_files = services.options.page_size_limit;
  }
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

Result<std::unique_ptr<FileLinks>> Links(const Services& services, const net::Request& request,
                                         const catalog::SharedTable& table,
                                         const delta::Snapshot& snapshot) {
  const LinkGrant grant{request.principal, table.id, snapshot.version(),
                        std::chrono::floor<std::chrono::seconds>(services.clock.Now()),
                        services.options.link_lifetime};
  const delta::ExternalLocations& external = *services.options.external;
  const auto open = [&snapshots = services.snapshots](const std::string& location) {
    return snapshots.Store(location);
  };
  LinkedTable linked{table.location, external, {}, open};
  linked.used = TRY(external.UsedBy(snapshot, table.location));
  auto links = BeginLinks(std::move(linked), services.link_key, grant, LinkBase(services, request));
  if (!links) return std::unexpected(TableError(table, std::move(links).error()));
  return links;
}

}  // namespace

Result<net::Response> QueryTable(const Services& services, const net::Request& request) {
  const Capabilities capabilities = TRY(ParseCapabilities(request.headers));
  const QueryRequest query = TRY(ParseQuery(request));
  const auto table = TRY(ResolveTable(services, request));
  const Start start = TRY(FindStart(services, request, query, *table));
  const Format format = TRY(ChooseFormat(capabilities, *start.snapshot));
  std::string head =
      TRY(HeadLines(format, capabilities, *table, *start.snapshot, query.as_of.any()));

  auto links = TRY(Links(services, request, *table, *start.snapshot));

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
