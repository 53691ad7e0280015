#include <algorithm>

#include "sharing/errors.h"
#include "sharing/operations.h"
#include "sharing/parameters.h"
#include "sharing/shared_partitions.h"
#include "sharing/table_request.h"

namespace sluice::sharing {
namespace {

// The earliest version at or after `text`.
Result<delta::Version> SharedSince(const Services& services, const catalog::SharedTable& table,
                                   std::string_view text) {
  // Whoever follows the changes begins at a version.
  if (!ChangesShared(table)) {
    return InvalidParameter(errors::HistoryNotShared(table.share, table.schema, table.name));
  }
  const TimePoint time = TRY(ParseTimeParameter("startingTimestamp", text));
  const auto version = services.snapshots.FirstVersionSince(table.location, time);
  if (!version) return std::unexpected(TimeError(services, table, version.error(), time));
  return std::max(*version, table.first_change());
}

}  // namespace

Result<net::Response> QueryTableVersion(const Services& services, const net::Request& request) {
  const auto table = TRY(ResolveTable(services, request));
  const auto starting = request.query.Find("startingTimestamp");
  const delta::Version version = starting ? TRY(SharedSince(services, *table, *starting))
                                          : TRY(LoadSnapshot(services, *table, {}))->version();
  net::Response response;
  response.headers.Add("delta-table-version", std::to_string(version));
  if (request.method == net::Method::kHead) response.head_length = 0;
  return response;
}

}  // namespace sluice::sharing
