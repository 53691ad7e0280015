#include "storage/stores.h"

#include <map>
#include <mutex>

#include "storage/counted_store.h"
#include "storage/local/local_store.h"
#include "storage/location.h"

namespace sluice::storage {

struct Stores::State {
  explicit State(StoresContext stores_context) : context(std::move(stores_context)) {}

  const StoresContext context;
  std::mutex mutex;
  std::vector<StoreRule> rules;
  std::map<std::string, std::shared_ptr<const ObjectStore>> stores;  // by location as written
};

Stores::Stores(StoresContext context) : state_(std::make_unique<State>(std::move(context))) {}
Stores::~Stores() = default;

void Stores::Configure(std::vector<StoreRule> rules) {
  const std::lock_guard lock(state_->mutex);
  state_->rules = std::move(rules);
}

Result<std::shared_ptr<const ObjectStore>> Stores::Open(const std::string& location) {
  const std::lock_guard lock(state_->mutex);
  const auto known = state_->stores.find(location);
  if (known != state_->stores.end()) return known->second;
  Location parsed = TRY(ParseLocation(location));
  if (parsed.kind != Location::Kind::kLocal) {
    return Fail(Code::kUnsupported, "tables in buckets are not built into this version", location);
  }
  std::shared_ptr<const ObjectStore> store =
      CountRequests(std::make_unique<LocalStore>(std::move(parsed.path)), state_->context.metrics);
  state_->stores.emplace(location, store);
  return store;
}

}  // namespace sluice::storage
