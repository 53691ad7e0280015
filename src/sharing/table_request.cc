#include "sharing/table_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "sharing/errors.h"
#include "sharing/parameters.h"
#include "sharing/shared_partitions.h"

namespace sluice::sharing {
namespace {

std::string FullName(const catalog::SharedTable& table) {
  return fmt::format("{}.{}.{}", table.share, table.schema, table.name);
}

Error Invalid(std::string message, std::string detail = {}) {
  return Error{Code::kInvalidArgument, std::move(message), std::move(detail), {}};
}

Error NotWrittenYet(const catalog::SharedTable& table) {
  return Invalid(errors::NotWrittenYet(FullName(table), table.start_version));
}

// When what is shared begins is told; what came before is not.
Error BeforeShared(const catalog::SharedTable& table) {
  return Invalid(fmt::format(
      "The provided timestamp is before the earliest version that is shared, version {}.",
      table.start_version));
}

// Says which versions can be asked for; counts from startVersion on.
Error NoSuchVersion(const Services& services, const catalog::SharedTable& table,
                    delta::Version version) {
  const auto range = services.snapshots.Range(table.location);
  if (!range) return TableError(table, range.error());
  if (range->second < table.start_version) return NotWrittenYet(table);
  return Invalid(
      fmt::format("Cannot time travel Delta table to version {}. Available versions: [{}, {}].",
                  version, std::max(range->first, table.start_version), range->second));
}

// What of the snapshot is shared, if all of it may be served: under the configuration of this
// request, whatever was said when the snapshot was loaded. No snapshot gets to an answer otherwise.
Result<std::shared_ptr<const delta::Snapshot>> Covered(
    const Services& services, const catalog::SharedTable& table,
    std::shared_ptr<const delta::Snapshot> snapshot) {
  if (const auto terms = TRY(TermsOf(table))) {
    auto part = snapshot->Only(*terms);
    if (!part) return std::unexpected(TableError(table, std::move(part).error()));
    snapshot = *std::move(part);
  }
  const auto used = services.options.external->UsedBy(*snapshot, table.location);
  if (!used) return std::unexpected(TableError(table, used.error()));
  return snapshot;
}

Result<std::shared_ptr<const delta::Snapshot>> LoadVersion(const Services& services,
                                                           const catalog::SharedTable& table,
                                                           delta::Version version) {
  return Loaded(services, table, version, services.snapshots.At(table.location, version));
}

Result<delta::Version> VersionOf(const Services& services, const catalog::SharedTable& table,
                                 const AsOf& as_of) {
  if (as_of.version) {
    if (*as_of.version < 0) return InvalidParameter("table version cannot be negative.");
    return *as_of.version;
  }
  const TimePoint time = TRY(ParseTimeParameter("timestamp", *as_of.timestamp));
  auto version = services.snapshots.VersionAt(table.location, time);
  if (!version) return std::unexpected(TimeError(services, table, version.error(), time));
  if (*version < table.start_version) return std::unexpected(BeforeShared(table));
  return *version;
}

// The version that `as_of` names, if it may be named.
Result<delta::Version> SharedVersion(const Services& services, const catalog::SharedTable& table,
                                     const AsOf& as_of) {
  const delta::Version version = TRY(VersionOf(services, table, as_of));
  if (version < table.start_version) {
    return std::unexpected(NoSuchVersion(services, table, version));
  }
  return version;
}

}  // namespace

Result<std::shared_ptr<const catalog::SharedTable>> ResolveTable(const Services& services,
                                                                 const net::Request& request) {
  return services.resolver.FindTable(
      request.principal, {std::string(request.Param("share")), std::string(request.Param("schema")),
                          std::string(request.Param("table"))});
}

Status CheckAsOf(const catalog::SharedTable& table, const AsOf& as_of) {
  if (as_of.version && as_of.timestamp) {
    return InvalidParameter(std::string(errors::kOneOfVersionTimestamp));
  }
  if (as_of.any() && !table.history_shared) {
    return InvalidParameter(errors::HistoryNotShared(table.share, table.schema, table.name));
  }
  return {};
}

Result<std::shared_ptr<const delta::Snapshot>> LoadSnapshot(const Services& services,
                                                            const catalog::SharedTable& table,
                                                            const AsOf& as_of) {
  TRY(CheckAsOf(table, as_of));
  if (!as_of.any()) {
    auto snapshot = services.snapshots.Latest(table.location);
    if (!snapshot) return std::unexpected(TableError(table, std::move(snapshot).error()));
    if ((*snapshot)->version() < table.start_version) {
      return std::unexpected(NotWrittenYet(table));
    }
    return Covered(services, table, *std::move(snapshot));
  }
  return LoadVersion(services, table, TRY(SharedVersion(services, table, as_of)));
}

Result<delta::Version> FindVersion(const Services& services, const catalog::SharedTable& table,
                                   const AsOf& as_of) {
  TRY(CheckAsOf(table, as_of));
  const std::optional<delta::Version> named =
      as_of.any() ? std::optional(TRY(SharedVersion(services, table, as_of))) : std::nullopt;
  const auto newest = services.snapshots.NewestVersion(table.location);
  if (!newest) return std::unexpected(TableError(table, newest.error()));
  if (!named && *newest < table.start_version) return std::unexpected(NotWrittenYet(table));
  if (named > *newest) return std::unexpected(NoSuchVersion(services, table, *named));
  return named.value_or(*newest);
}

Result<delta::Version> VersionSince(const Services& services, const catalog::SharedTable& table,
                                    std::string_view name, std::string_view text) {
  const TimePoint time = TRY(ParseTimeParameter(name, text));
  const auto version = services.snapshots.FirstVersionSince(table.location, time);
  if (!version) return std::unexpected(TimeError(services, table, version.error(), time));
  if (*version < table.start_version) return std::unexpected(BeforeShared(table));
  if (*version == 0) return 0;
  // Where a version as old as that is not kept, more may be missing.
  const auto before = services.snapshots.VersionAt(table.location, time);
  if (!before) return std::unexpected(TimeError(services, table, before.error(), time));
  return *version;
}

Error TimeError(const Services& services, const catalog::SharedTable& table, Error error,
                TimePoint time) {
  const bool hides = error.code == Code::kInvalidArgument && table.start_version > 0;
  if (!hides) return TableError(table, std::move(error));
  const auto range = services.snapshots.Range(table.location);
  if (range && range->second < table.start_version) return NotWrittenYet(table);
  const auto since = services.snapshots.FirstVersionSince(table.location, time);
  if (since && *since <= table.start_version) return BeforeShared(table);
  return TableError(table, std::move(error));
}

Result<std::shared_ptr<const delta::Snapshot>> LoadTokenVersion(const Services& services,
                                                                const catalog::SharedTable& table,
                                                                delta::Version version) {
  return LoadVersion(services, table, version);
}

Result<std::shared_ptr<const delta::Snapshot>> Loaded(
    const Services& services, const catalog::SharedTable& table, delta::Version version,
    Result<std::shared_ptr<const delta::Snapshot>> snapshot) {
  // Not what may have been named once, either: the share may begin later now.
  if (version < table.start_version) {
    return std::unexpected(NoSuchVersion(services, table, version));
  }
  if (snapshot) return Covered(services, table, *std::move(snapshot));
  if (snapshot.error().code == Code::kInvalidArgument) {
    return std::unexpected(NoSuchVersion(services, table, version));
  }
  return std::unexpected(TableError(table, std::move(snapshot).error()));
}

Result<std::unique_ptr<FileLinks>> BeginTableLinks(const Services& services,
                                                   const net::Request& request,
                                                   const catalog::SharedTable& table,
                                                   delta::Version version,
                                                   delta::ExternalLocations::Used used) {
  const LinkGrant grant{request.principal,
                        table.id,
                        version,
                        std::chrono::floor<std::chrono::seconds>(services.clock.Now()),
                        services.options.link_lifetime,
                        std::string(FilterHash(table))};
  const auto open = [&snapshots = services.snapshots](const std::string& location) {
    return snapshots.Store(location);
  };
  LinkedTable linked{table.location, *services.options.external, std::move(used), open};
  auto links = BeginLinks(std::move(linked), services.link_key, grant, LinkBase(services, request));
  if (!links) return std::unexpected(TableError(table, std::move(links).error()));
  return links;
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
