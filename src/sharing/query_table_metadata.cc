#include "sharing/capabilities.h"
#include "sharing/head_lines.h"
#include "sharing/operations.h"
#include "sharing/parameters.h"
#include "sharing/table_request.h"

namespace sluice::sharing {
namespace {

Result<AsOf> ParseAsOf(const net::QueryParams& query) {
  AsOf as_of;
  if (const auto text = query.Find("version")) as_of.version = TRY(ParseNumber(*text));
  if (const auto text = query.Find("timestamp")) as_of.timestamp = std::string(*text);
  return as_of;
}

}  // namespace

Result<net::Response> QueryTableMetadata(const Services& services, const net::Request& request) {
  const Capabilities capabilities = TRY(ParseCapabilities(request.headers));
  const AsOf as_of = TRY(ParseAsOf(request.query));
  const auto table = TRY(ResolveTable(services, request));
  const auto snapshot = TRY(LoadSnapshot(services, *table, as_of));
  const Format format = TRY(ChooseFormat(capabilities, snapshot->advanced()));
  std::string body = TRY(HeadLines(format, capabilities, *table, *snapshot, as_of.any()));
  if (capabilities.end_stream_action) body += "{\"endStreamAction\":{}}\n";
  net::Response response =
      net::Response::Text(200, "application/x-ndjson; charset=utf-8", std::move(body));
  response.headers.Add("delta-table-version", std::to_string(snapshot->version()));
  AddFormatHeaders(capabilities, format, capabilities.end_stream_action, response);
  return response;
}

}  // namespace sluice::sharing
