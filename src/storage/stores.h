// storage/stores.h -- the stores of all locations: opened once, shared, reconfigured while in use.
//
// One StoreClient (connections, breaker, bulkhead) and one set of credentials serve all tables of a
// bucket under one rule. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/metrics.h"
#include "storage/disk_cache.h"
#include "storage/location.h"
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
  // Set: nothing is opened but folders beneath one of these (real paths), whatever links lead to
  // them by then, and what a rule covers. Nothing: any folder, and any bucket that the
  // environment's keys open.
  std::optional<std::vector<std::string>> local_roots{};
};

// Whether clients may be given keys for the folder: its rule has directory access, and a policy can
// name the folder and no other.
bool LendsFolder(const std::vector<StoreRule>& rules, const Location& location);

class Stores {
 public:
  // Everything in `context` must outlive this object.
  explicit Stores(StoresContext context);
  ~Stores();

  // Replaces all rules. Stores whose rule stays the same stay the same object; those that are in
  // use live on until they are let go.
  void Configure(std::vector<StoreRule> rules);

  // The store at a location: always the same pointer, until its rule changes. Reads nothing.
  // Errors: as ParseLocation; kPermissionDenied  outside of what the context lets open
  Result<std::shared_ptr<const ObjectStore>> Open(const std::string& location);

  // A store by a rule that is not in force, to try it out; a folder needs none, its `rule` is not
  // looked at. Nobody else is handed it. Errors: as Open
  Result<std::shared_ptr<const ObjectStore>> OpenApart(const std::string& location,
                                                       const StoreRule& rule);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::storage
