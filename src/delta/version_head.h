// delta/version_head.h -- what a version of a table says of itself, without its files.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "delta/actions.h"
#include "delta/table_features.h"

namespace sluice::delta {

struct VersionHead {
  Version version = 0;
  TimePoint commit_time{};  // as Snapshot's
  Protocol protocol;
  Metadata metadata;
};

using VersionHeadPtr = std::shared_ptr<const VersionHead>;

// Refuses versions that cannot be read rightly, whatever their files are. The features are those
// that show without the files: all but deletion vectors.
//
// Errors: kUnsupported  the protocol, the files' format, the column mapping
//         kCorrupt      the schema, or a protocol that contradicts itself
Result<AdvancedFeatures> CheckHead(const Protocol& protocol, const Metadata& metadata);

}  // namespace sluice::delta
