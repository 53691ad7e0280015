// catalog/catalogs.h -- catalogs and schemas: the upper two levels of the tree, and the metastore
// above them.
//
// A new catalog has a schema "default", as in Databricks; as long as that is empty it does not keep
// the catalog from being deleted. Renaming and the rest: UpdateSecurable.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/locations.h"
#include "catalog/securables.h"

namespace sluice::catalog {

struct NewCatalog {
  std::string name;
  std::string comment{};
  Properties properties{};
  std::string storage_root{};  // as given; empty: the metastore's
};
// Errors: kPermissionDenied  without CREATE_CATALOG, or CREATE_MANAGED_STORAGE at the storage root
//         kAlreadyExists, kInvalidArgument
Result<Id> CreateCatalog(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                         const NewCatalog& wanted);
// Errors: kNotFound, kPermissionDenied; kInvalidArgument  not empty, without force; or shared
Status DeleteCatalog(Catalog& catalog, const Caller& caller, std::string_view name, Force force);

struct NewSchema {
  std::string name;
  std::string catalog_name;
  std::string comment{};
  Properties properties{};
  std::string storage_root{};  // as given; empty: the catalog's
};
// Errors: kNotFound  the catalog; else as CreateCatalog, with CREATE_SCHEMA and USE_CATALOG
Result<Id> CreateSchema(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                        const NewSchema& wanted);
// Errors: as DeleteCatalog
Status DeleteSchema(Catalog& catalog, const Caller& caller, std::string_view full_name,
                    Force force);

struct MetastoreChange {
  CommonChange common{};
  std::optional<std::string> sharing_scope{};
  std::optional<std::string> organization_name{};
  std::optional<std::chrono::seconds> recipient_token_lifetime{};  // 0: the longest, a year
  std::optional<bool> external_access_enabled{};
  std::optional<std::string> storage_root{};  // ours; as given
};
// Errors: kPermissionDenied, kInvalidArgument, kNotFound
Status UpdateMetastore(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                       std::string_view id, const MetastoreChange& change);

// The folder under which the managed tables of a schema lie: below its own storage root, else that
// of its catalog, else that of the metastore.
// Errors: kInvalidArgument  none of them has one
Result<std::string> ManagedRoot(const Picture& picture, const Securable& schema);
// Where managed tables lie below the root that a securable has; empty: it has none.
std::string ManagedFolder(const Securable& securable);

}  // namespace sluice::catalog
