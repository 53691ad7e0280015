// server/cache_directory.h -- where the cache of remote tables' log files lies.
#pragma once

#include <memory>
#include <string>

#include "base/metrics.h"
#include "server/config.h"
#include "storage/disk_cache.h"
#include "storage/store_options.h"

namespace sluice::server {

// The setting, else what systemd or the user's environment name. Empty: there is to be none.
std::string CacheDirectory(const Settings& settings, const storage::Environment& environment);

// Null: there is to be none, or it cannot be used, which is no reason not to start: the log says
// so, as a warning when the configuration has tables in buckets. `metrics` must outlive the cache.
std::unique_ptr<storage::DiskCache> OpenDiskCache(const Config& config,
                                                  const storage::Environment& environment,
                                                  Metrics& metrics);

}  // namespace sluice::server
