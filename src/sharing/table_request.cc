#include "sharing/table_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "sharing/errors.h"
#include "sharing/parameters.h"

namespace sluice::sharing {
namespace {

std::string FullName(const catalog::SharedTable& table) {
  return fmt::format("{}.{}.{}", table.share, table.schema, table.name);
}

Error Invalid(std::string message, std::string detail = {}) {
  return Error{Code::kInvalidArgument, std::move(message), std::move(detail), {}};
}

// Says which versions can be asked for; counts from startVersion on.
Error NoSuchVersion(const Services& services, const catalog::SharedTable& table,
                    delta::Version version) {
  const auto range = services.snapshots.Range(table.location);
  if (!range) return TableError(table, range.error());
  return Invalid(
      fmt::format("Cannot time travel Delta table to version {}. Available versions: [{}, {}].",
                  version, std::max(range->first, table.start_version), range->second));
}

// The snapshot, if all of its files may be served: under the configuration of this request,
// whatever was said when the snapshot was loaded.
Result<std::shared_ptr<const delta::Snapshot>> Covered(
    const Services& services, const catalog::SharedTable& table,
    std::shared_ptr<const delta::Snapshot> snapshot) {
  const auto used = services.options.external->UsedBy(*snapshot, table.location);
  if (!used) return std::unexpected(TableError(table, used.error()));
  return snapshot;
}

Result<std::shared_ptr<const delta::Snapshot>> LoadVersion(const Services& services,
                                                           const catalog::SharedTable& table,
                                                           delta::Version version) {
  auto snapshot = services.snapshots.At(table.location, version);
  if (snapshot) return Covered(services, table, *std::move(snapshot));
  if (snapshot.error().code == Code::kInvalidArgument) {
    return std::unexpected(NoSuchVersion(services, table, version));
  }
  return std::unexpected(TableError(table, std::move(snapshot).error()));
}

Result<delta::Version> VersionOf(const Services& services, const catalog::SharedTable& table,
                                 const AsOf& as_of) {
  if (as_of.version) {
    if (*as_of.version < 0) return InvalidParameter("table version cannot be negative.");
    return *as_of.version;
  }
  const TimePoint time = TRY(ParseTimeParameter("timestamp", *as_of.timestamp));
  auto version = services.snapshots.VersionAt(table.location, time);
  if (!version) return std::unexpected(TableError(table, std::move(version).error()));
  if (*version < table.start_version) {
    return InvalidParameter(fmt::format(
        "The provided timestamp {} is before the earliest version that is shared, version {}.",
        *as_of.timestamp, table.start_version));
  }
  return *version;
}

}  // namespace

Result<std::shared_ptr<const catalog::SharedTable>> ResolveTable(const Services& services,
                                                                 const net::Request& request) {
  return services.resolver.FindTable(
      request.principal, {std::string(request.Param("share")), std::string(request.Param("schema")),
                          std::string(request.Param("table"))});
}

Result<std::shared_ptr<const delta::Snapshot>> LoadSnapshot(const Services& services,
                                                            const catalog::SharedTable& table,
                                                            const AsOf& as_of) {
  if (as_of.version && as_of.timestamp) {
    return InvalidParameter(std::string(errors::kOneOfVersionTimestamp));
  }
  if (!as_of.any()) {
    auto snapshot = services.snapshots.Latest(table.location);
    if (!snapshot) return std::unexpected(TableError(table, std::move(snapshot).error()));
    if ((*snapshot)->version() < table.start_version) {
      return InvalidParameter(
          fmt::format("The table {} is shared from version {} on, which is not written yet.",
                      FullName(table), table.start_version));
    }
    return Covered(services, table, *std::move(snapshot));
  }
  if (!table.history_shared) {
    return InvalidParameter(errors::HistoryNotShared(table.share, table.schema, table.name));
  }
  const delta::Version version = TRY(VersionOf(services, table, as_of));
  if (version < table.start_version) {
    return std::unexpected(NoSuchVersion(services, table, version));
  }
  return LoadVersion(services, table, version);
}

Result<std::shared_ptr<const delta::Snapshot>> LoadTokenVersion(const Services& services,
                                                                const catalog::SharedTable& table,
                                                                delta::Version version) {
  return LoadVersion(services, table, version);
}

Error TableError(const catalog::SharedTable& table, Error error) {
  if (error.code == Code::kPermissionDenied) {
    // The client is told something else: what was said (which keys, looked for where) is for the
    // log.
    const std::string said = error.message;
    error = std::move(error).Context(said);
  }
  error = std::move(error).Context(fmt::format("table {}", FullName(table)));
  if (error.code == Code::kNotFound) {
    error.message = fmt::format(
        "table files missing: the files of table '{}' cannot be found, please contact your share "
        "provider.",
        FullName(table));
  }
  if (error.code == Code::kPermissionDenied) {
    // 422, not 403: the recipient may read the table, it is the server that may not.
    error.code = Code::kCorrupt;
    error.reason = "STORAGE_ACCESS_DENIED";
    error.message = fmt::format(
        "The server is not allowed to read the files of table '{}', please contact your share "
        "provider.",
        FullName(table));
  }
  return error;
}

std::string LinkBase(const Services& services, const net::Request& request) {
  const std::string& configured = services.options.public_url;
  return (configured.empty() ? request.Origin() : configured) + services.options.prefix;
}

}  // namespace sluice::sharing
