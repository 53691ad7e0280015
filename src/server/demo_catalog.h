// server/demo_catalog.h -- what the demo shares: a catalog of its tables, a share, two recipients.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/locations.h"

namespace sluice::server {

// Recipients of the demo and their tokens.
struct DemoTokens {
  std::string partner;  // of "partner", who gets all of the share "retail"
  std::string europe;   // of "europe", who gets the orders of its own region
};

// Makes what is not there yet, as the user "admin" would over REST; what somebody changed stays.
// Tokens of an earlier run that still work are taken from `folder`, others are made and put there.
// Errors: those of the catalog
Result<DemoTokens> PrepareDemoCatalog(catalog::Catalog& catalog, const catalog::LocalRoots& roots,
                                      const std::filesystem::path& tables,
                                      const std::filesystem::path& folder);

}  // namespace sluice::server
