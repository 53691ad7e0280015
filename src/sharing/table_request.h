// sharing/table_request.h -- the first steps of every request about a table: which table, which
// version, may this be asked.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "catalog/resolver.h"
#include "delta/snapshot.h"
#include "net/http.h"
#include "sharing/file_links.h"
#include "sharing/services.h"

namespace sluice::sharing {

// Errors: kNotFound
Result<std::shared_ptr<const catalog::SharedTable>> ResolveTable(const Services& services,
                                                                 const net::Request& request);

// What a request says about time.
struct AsOf {
  std::optional<delta::Version> version;
  std::optional<std::string> timestamp;
  bool any() const { return version || timestamp; }
};

// Whether the table may be asked for as of a time: what every request says again that goes on with
// an answer of before, since the history may not be shared any more.
// Errors: kInvalidArgument  both given, history not shared
Status CheckAsOf(const catalog::SharedTable& table, const AsOf& as_of);

// The snapshot that is asked for; the latest when nothing is said. Honours historyShared and
// startVersion: no version before it can be named, and no message tells of one.
// Errors: kInvalidArgument  both given, history not shared, not a readable version or time
//         kNotFound         the table's files are missing
//         kUnsupported      a feature that this server does not read, or files outside of the table
//                           that the configuration does not cover
//         kCorrupt          the log is broken, or the store denies access to it
//         kUnavailable
Result<std::shared_ptr<const delta::Snapshot>> LoadSnapshot(const Services& services,
                                                            const catalog::SharedTable& table,
                                                            const AsOf& as_of);

// The version that LoadSnapshot would load. A table that is not in memory is listed, not read,
// unless a time is asked for: it may turn out not to be readable. Errors: as LoadSnapshot
Result<delta::Version> FindVersion(const Services& services, const catalog::SharedTable& table,
                                   const AsOf& as_of);

// The first version that is not older than `text`, a time. A start of what is new since then: no
// version that a recipient may not read lies between, and none that was cleaned up.
// Errors: kInvalidArgument  not a time, behind the latest version, or before the oldest one that
// can
//                           be read
Result<delta::Version> VersionSince(const Services& services, const catalog::SharedTable& table,
                                    std::string_view name, std::string_view text);

// A version that a token of ours names: no history needed, it was the latest when the client began
// (or CheckAsOf is asked as well). Errors: kInvalidArgument  it is gone, or older than what is
// shared now; and those of LoadSnapshot
Result<std::shared_ptr<const delta::Snapshot>> LoadTokenVersion(const Services& services,
                                                                const catalog::SharedTable& table,
                                                                delta::Version version);

// A version that was loaded before, as LoadTokenVersion has it: its result or its failure.
Result<std::shared_ptr<const delta::Snapshot>> Loaded(
    const Services& services, const catalog::SharedTable& table, delta::Version version,
    Result<std::shared_ptr<const delta::Snapshot>> snapshot);

// Links to files of `version`, for who asks. `used`: the external locations where some lie.
// Errors: kUnavailable, kPermissionDenied  the store has no credentials to sign with
Result<std::unique_ptr<FileLinks>> BeginTableLinks(const Services& services,
                                                   const net::Request& request,
                                                   const catalog::SharedTable& table,
                                                   delta::Version version,
                                                   delta::ExternalLocations::Used used);

// Turns a failure to find the version of a time into what its recipient may read: no version that
// is older than what is shared is told, nor its time.
Error TimeError(const Services& services, const catalog::SharedTable& table, Error error,
                TimePoint time);

// Turns a failure under a table into what its recipient may read.
Error TableError(const catalog::SharedTable& table, Error error);

// The base of the links in an answer: origin and prefix.
std::string LinkBase(const Services& services, const net::Request& request);

}  // namespace sluice::sharing
