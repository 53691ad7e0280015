// sharing/query_table.h -- a query of one version that is asked in one request and answered in
// others: what QueryTable and GetQueryInfo have of each other.
//
// Source: Delta Sharing PROTOCOL.md, "asyncQuery", "Get Query Info".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "catalog/resolver.h"
#include "delta/snapshot.h"
#include "net/http.h"
#include "sharing/capabilities.h"
#include "sharing/services.h"
#include "sharing/table_request.h"

namespace sluice::sharing {

inline constexpr size_t kMaxIdempotencyKey = 256;
// A queryId is a segment of a path. One that would be longer is not given out: the query is
// answered at once.
inline constexpr size_t kMaxQueryId = 6144;

// A query that is to be answered later.
struct LaterQuery {
  const Capabilities& capabilities;
  const AsOf& as_of;
  std::optional<delta::Version> version;  // of a refresh token, in place of `as_of`
  const std::string& idempotency_key;
  const std::string& asked;  // AsyncQuery::asked
};

// Fixes the version and begins to bring it into memory: the answer with the queryId. Nothing: the
// query does not fit into one.
// Errors: those of FindVersion and AsyncQueries::Submit
Result<std::optional<net::Response>> SubmitQuery(const Services& services,
                                                 const net::Request& request,
                                                 const catalog::SharedTable& table,
                                                 const LaterQuery& query);

// What is wanted now of a query that was asked before.
struct AskedPage {
  std::string_view query_id;
  std::string_view asked;  // AsyncQuery::asked
  Capabilities capabilities;
  std::optional<int64_t> max_files;
  std::optional<std::string> page_token;
  std::shared_ptr<const delta::Snapshot> snapshot;  // where there is no page_token
};

// Answers as QueryTable does. Errors: as QueryTable
Result<net::Response> AnswerAsked(const Services& services, const net::Request& request,
                                  const std::shared_ptr<const catalog::SharedTable>& table,
                                  AskedPage page);

// The JSON object of a request's body. Errors: kInvalidArgument, kResourceExhausted
Result<json::Object> ParseBody(std::string_view body);
Result<std::optional<int64_t>> MaxFiles(const json::Object& body);

}  // namespace sluice::sharing
