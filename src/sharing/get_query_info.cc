#include <fmt/format.h>

#include "sharing/errors.h"
#include "sharing/operations.h"
#include "sharing/parameters.h"
#include "sharing/query_table.h"
#include "sharing/shared_partitions.h"

namespace sluice::sharing {
namespace {

// The body of the request: Delta Sharing PROTOCOL.md, "Get Query Info". It may be left out.
struct Poll {
  std::optional<int64_t> max_files;
  std::optional<std::string> page_token;
};

Result<Poll> ParsePoll(const net::Request& request) {
  Poll poll;
  if (request.body.find_first_not_of(" \t\r\n") == std::string::npos) return poll;
  const json::Object body = TRY(ParseBody(request.body));
  poll.max_files = TRY(MaxFiles(body));
  poll.page_token = TRY(TextMember(body, "pageToken"));
  if (poll.page_token.value_or("").empty()) poll.page_token.reset();
  return poll;
}

TokenScope QueryIdScope(const net::Request& request, const catalog::SharedTable& table) {
  return ScopeOf("queryId", request.principal, table);
}

// What an id stands for. Errors: kNotFound
Result<AsyncQuery> OpenQueryId(const Services& services, const net::Request& request,
                               const catalog::SharedTable& table, std::string_view id) {
  const auto content = services.tokens.Open(QueryIdScope(request, table), id);
  auto query = content ? UnpackAsyncQuery(*content) : std::unexpected(content.error());
  if (!query || query->place != TokenHash(table.location)) {
    return Fail(Code::kNotFound, std::string(errors::kNoSuchQuery));
  }
  return query;
}

AsyncQueries::Query QueryOf(const net::Request& request, const catalog::SharedTable& table,
                            const AsyncQuery& query, std::string id) {
  return {{request.principal, table.id, query.key},
          query.request,
          std::move(id),
          table.location,
          query.version};
}

// What a run has brought into memory is looked at anew, which is a quick look while it is there:
// another table may stand in this place by now.
Result<std::shared_ptr<const delta::Snapshot>> AskedVersion(const Services& services,
                                                            const catalog::SharedTable& table,
                                                            delta::Version version,
                                                            AsyncQueries::State run) {
  if (!run.failure) return LoadTokenVersion(services, table, version);
  return Loaded(services, table, version, std::unexpected(*std::move(run.failure)));
}

net::Response StatusResponse(const Capabilities& capabilities, delta::Version version,
                             std::string line) {
  net::Response response =
      net::Response::Text(200, "application/x-ndjson; charset=utf-8", std::move(line));
  // The protocol promises it with the answer only; the Spark client wants it with each.
  response.headers.Add("delta-table-version", std::to_string(version));
  response.headers.Add("delta-sharing-capabilities", "asyncquery=true");
  AddFileIdHeader(capabilities, response);
  return response;
}

net::Response Pending(const Capabilities& capabilities, delta::Version version,
                      std::string_view id) {
  return StatusResponse(
      capabilities, version,
      fmt::format("{{\"queryStatus\":{{\"queryId\":\"{}\",\"status\":\"pending\"}}}}\n", id));
}

// Without the queryId: the Spark client takes every line with one for a query that is under way and
// would go on asking; of one without it says at once that it failed, and shows the line.
net::Response Failed(const Capabilities& capabilities, delta::Version version, Error error) {
  std::string line = R"({"queryStatus":{"status":"failed","errorMessage":)";
  json::AppendQuoted(error.message, line);
  line += "}}\n";
  net::Response response = StatusResponse(capabilities, version, std::move(line));
  response.error = std::move(error);  // for the access log
  return response;
}

}  // namespace

Result<std::optional<net::Response>> SubmitQuery(const Services& services,
                                                 const net::Request& request,
                                                 const catalog::SharedTable& table,
                                                 const LaterQuery& query) {
  TRY(CheckAsOf(table, query.as_of));
  const Capabilities& capabilities = query.capabilities;
  AsyncQuery ticket;
  if (capabilities.file_id_hash) ticket.file_ids = FormatName(*capabilities.file_id_hash);
  ticket.place = TokenHash(table.location);
  // An id that was given under another filter is not valid any more.
  ticket.key = TokenHash(query.idempotency_key + '\n' + std::string(FilterHash(table)));
  ticket.request =
      TokenHash(fmt::format("{}\n{}\n{}\n{}", query.asked, ticket.place, ticket.file_ids,
                            query.version ? std::to_string(*query.version) : ""));
  ticket.asked = query.asked;
  const AsyncQueries::Asker asker{request.principal, table.id, ticket.key};
  auto given = TRY(services.async_queries.Find(asker, ticket.request));
  if (!given) {
    ticket.version =
        query.version ? *query.version : TRY(FindVersion(services, table, query.as_of));
    std::string id = services.tokens.Seal(QueryIdScope(request, table), PackAsyncQuery(ticket),
                                          services.options.query_id_lifetime);
    if (id.size() > kMaxQueryId) return std::nullopt;
    given = TRY(services.async_queries.Submit(QueryOf(request, table, ticket, std::move(id)),
                                              services.options.query_id_lifetime));
  }
  return Pending(capabilities, given->version, given->id);
}

Result<net::Response> GetQueryInfo(const Services& services, const net::Request& request) {
  Capabilities capabilities = TRY(ParseCapabilities(request.headers));
  Poll poll = TRY(ParsePoll(request));
  const auto table = TRY(ResolveTable(services, request));
  std::string id(request.Param("queryId"));
  const AsyncQuery query = TRY(OpenQueryId(services, request, *table, id));

  AskedPage page;
  page.query_id = id;
  page.asked = query.asked;
  page.capabilities = capabilities;
  if (!capabilities.file_id_hash && !query.file_ids.empty()) {
    page.capabilities.file_id_hash = query.file_ids == "delta" ? Format::kDelta : Format::kParquet;
  }
  page.max_files = poll.max_files;
  page.page_token = std::move(poll.page_token);
  // Whoever has a page waits for the next as in a query that is answered at once: clients do not
  // expect to be put off again.
  if (page.page_token) return AnswerAsked(services, request, table, std::move(page));

  const AsyncQueries::Query asked = QueryOf(request, *table, query, id);
  auto state = services.async_queries.Poll(asked);
  if (!state) return std::unexpected(TableError(*table, std::move(state).error()));
  if (state->snapshot == nullptr && !state->failure) {
    return Pending(capabilities, query.version, id);
  }
  auto snapshot = AskedVersion(services, *table, query.version, *std::move(state));
  if (snapshot) {
    if (!services.async_queries.IsOf(asked, (*snapshot)->metadata().id)) {
      return Fail(Code::kNotFound, std::string(errors::kAskedOfAnother));
    }
    page.snapshot = *std::move(snapshot);
    return AnswerAsked(services, request, table, std::move(page));
  }
  if (snapshot.error().code == Code::kUnavailable) return std::unexpected(snapshot.error());
  return Failed(capabilities, query.version, std::move(snapshot).error());
}

}  // namespace sluice::sharing
