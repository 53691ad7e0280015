// storage/counted_store.h -- a local store whose requests are counted in the metrics.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "storage/object_store.h"

namespace sluice::storage {

// `metrics` must outlive the store.
std::unique_ptr<ObjectStore> CountRequests(std::unique_ptr<ObjectStore> store, Metrics& metrics);

}  // namespace sluice::storage
