// sharing/head_lines.h -- protocol and metaData lines: the first two of metadata and query answers,
// and those between the files of a change feed.
//
// Source: Delta Sharing PROTOCOL.md, "Protocol", "Metadata", and the same "in Delta Format". What a
// recipient does not need to read the table (generation expressions, defaults, table properties of
// writers, Delta's own table id) stays here.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "catalog/resolver.h"
#include "delta/snapshot.h"
#include "sharing/capabilities.h"

namespace sluice::sharing {

// The first two lines of an answer: protocol and metaData. `by_version`: the client asked for a
// version or a time, so lines say which one.
// Errors: kCorrupt  the schema in the log is not JSON
Result<std::string> HeadLines(Format format, const Capabilities& capabilities,
                              const catalog::SharedTable& table, const delta::Snapshot& snapshot,
                              bool by_version);

// A protocol line. `version`: it says of which one it is.
std::string ProtocolLine(Format format, const Capabilities& capabilities,
                         const delta::Protocol& protocol,
                         std::optional<delta::Version> version = std::nullopt);
// A metaData line of a version, without what only its files tell. Errors: as HeadLines
Result<std::string> MetadataLine(Format format, const catalog::SharedTable& table,
                                 const delta::Metadata& metadata, delta::Version version);

}  // namespace sluice::sharing
