#include "server/catalog_stores.h"

#include "unity/store_rules.h"

namespace sluice::server {

void CatalogStores::Follow(const catalog::Picture& picture) {
  // A picture shares what did not change, so that pointers tell.
  std::vector<catalog::SecurablePtr> now;
  for (const auto kind : {catalog::Kind::kStorageCredential, catalog::Kind::kExternalLocation}) {
    picture.VisitChildren(kind, picture.metastore().id, {}, [&](const catalog::SecurablePtr& one) {
      now.push_back(one);
      return true;
    });
  }
  if (followed_ && now == seen_) return;
  stores_.Configure(unity::StoreRulesOf(catalog_, picture));
  seen_ = std::move(now);
  followed_ = true;
}

}  // namespace sluice::server
