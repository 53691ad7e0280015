// sharing/head_lines.h -- the first two lines of metadata and query answers: protocol and metaData.
//
// Source: Delta Sharing PROTOCOL.md, "Protocol", "Metadata", and the same "in Delta Format". What a
// recipient does not need to read the table (generation expressions, defaults, table properties of
// writers, Delta's own table id) stays here.
#pragma once

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

}  // namespace sluice::sharing
