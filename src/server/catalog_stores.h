// server/catalog_stores.h -- keeps storage in step with the catalog: what external locations and
// credentials say is how stores are opened.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "storage/stores.h"

namespace sluice::server {

// One thread at a time: Catalog::OnChange calls after each change.
class CatalogStores {
 public:
  // Both must outlive this. Nothing is configured before the first Follow.
  CatalogStores(const catalog::Catalog& catalog, storage::Stores& stores)
      : catalog_(catalog), stores_(stores) {}

  // Configures the stores anew if locations or credentials are not those of the picture before;
  // else it costs one walk over them, and unseals nothing.
  //
  //   catalog.OnChange([&](const auto& picture) { catalog_stores.Follow(*picture); });
  //   catalog_stores.Follow(*catalog.Now());
  void Follow(const catalog::Picture& picture);

 private:
  const catalog::Catalog& catalog_;
  storage::Stores& stores_;
  std::vector<catalog::SecurablePtr> seen_;  // locations and credentials, by name
  bool followed_ = false;
};

}  // namespace sluice::server
