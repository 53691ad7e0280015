// storage/stores.h -- the stores of all locations: opened once, shared, reconfigured while in use.
//
// One StoreClient (connections, breaker, bulkhead) and one set of credentials serve all tables of a
// bucket under one rule. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/metrics.h"
#include "storage/disk_cache.h"
#include "storage/object_store.h"
#include "storage/store_options.h"

namespace sluice::storage {

struct StoresContext {
  const Clock& clock;
  Random& random;
  Metrics& metrics;
  StoreLimits limits{};
  DiskCache* cache = nullptr;  // null: nothing is kept on disk
  Environment environment = ProcessEnvironment();
};

class Stores {
 public:
  // Everything in `context` must outlive this object.
  explicit Stores(StoresContext context);
  ~Stores();

  // Replaces all rules. Stores whose rule stays the same stay the same object; those that are in
  // use live on until they are let go.
  void Configure(std::vector<StoreRule> rules);

  // The store at a location: always the same pointer, until its rule changes. Reads nothing.
  // Errors: as ParseLocation
  Result<std::shared_ptr<const ObjectStore>> Open(const std::string& location);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::storage
