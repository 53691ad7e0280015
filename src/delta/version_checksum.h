// delta/version_checksum.h -- what the checksum of a version (`n.crc`) says of it, and whether its
// log says the same.
//
// Writers may leave checksums out and may write them in part: one that is not what the spec
// requires is as good as none. One that is and that differs from the log means that the log was
// tampered with, or that this reader is wrong: either way nothing may be answered from it.
// Source: Delta PROTOCOL.md, "Version Checksum File".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "delta/actions.h"
#include "delta/log_listing.h"
#include "delta/table_snapshot.h"

namespace sluice::delta {

// Transactions, domains, histograms and the list of all files are passed over.
struct VersionChecksum {
  int64_t files = 0;
  int64_t bytes = 0;
  std::optional<int64_t> deletion_vectors;
  std::optional<int64_t> deleted_records;
  std::optional<int64_t> in_commit_timestamp;  // ms
  Protocol protocol;
  Metadata metadata;
};

// Nothing: not sound JSON, or without what the spec requires.
std::optional<VersionChecksum> ParseChecksum(std::string_view text);

// Null: the version has none.
const ChecksumFile* FindChecksum(const LogListing& listing, Version version);

// One request. Nothing: as ParseChecksum, or the file is too large, gone, or could not be read:
// nobody depends on it.
std::optional<VersionChecksum> ReadChecksum(const storage::ObjectStore& store,
                                            const ChecksumFile& file);

// Whether the snapshot is what its checksum says. Protocol and metadata are compared by what they
// mean: absent is empty, order and spaces do not count, nor does the table's time of creation,
// which some writers make up when they read.
//
// Errors: kCorrupt  names the version and what differs
Status CheckAgainst(const VersionChecksum& checksum, const TableSnapshot& snapshot);

}  // namespace sluice::delta
