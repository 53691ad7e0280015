// delta/version_head.h -- what a version says of itself, without its files.
#pragma once

#include <memory>

#include "base/clock.h"
#include "delta/actions.h"

namespace sluice::delta {

struct VersionHead {
  Version version = 0;
  TimePoint commit_time{};
  Protocol protocol;
  Metadata metadata;
};

using VersionHeadPtr = std::shared_ptr<const VersionHead>;

}  // namespace sluice::delta
