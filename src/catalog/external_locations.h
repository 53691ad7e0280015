// catalog/external_locations.h -- external locations: urls that tables may lie below, and the
// credentials to read them with.
//
// No location lies in another, so that one credential and one list of grants count for each place.
//
// A location may have directory access: recipients of whole tables in it get keys of the store, if
// they ask for them. Such keys outlive every revoke by their lifetime. So it is for administrators
// of the metastore to set it, and to move a location that has it; who manages it may end it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/locations.h"
#include "catalog/securables.h"

namespace sluice::catalog {

struct NewLocation {
  std::string name;
  std::string url;  // as given
  std::string credential_name;
  std::string comment{};
  bool read_only = false;
  bool fallback = false;
  std::optional<storage::DirectoryAccess> directory_access{};  // an empty one is none
};
// Errors: kPermissionDenied  without CREATE_EXTERNAL_LOCATION on the metastore and the credential;
//                            directory access, and the caller is no administrator
//         kNotFound          the credential
//         kAlreadyExists; kInvalidArgument  the url, or it overlaps with another location's; those
//         of CheckLends
Result<Id> CreateLocation(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                          const NewLocation& wanted);

struct LocationChange {
  CommonChange common{};
  std::optional<std::string> url{};
  std::optional<std::string> credential_name{};
  std::optional<bool> read_only{};
  std::optional<bool> fallback{};
  // An empty one ends it.
  std::optional<storage::DirectoryAccess> directory_access{};
  Force force = Force::kNo;  // another url though tables lie at this one
};
Result<Id> UpdateLocation(Catalog& catalog, const Caller& caller, const LocalRoots& roots,
                          std::string_view name, const LocationChange& change);

// Whether keys for folders below `url` can be made with `credential`.
// Errors: kInvalidArgument  another kind of store, or what is missing
Status CheckLends(const StorageCredential& credential, std::string_view url,
                  const storage::DirectoryAccess& access);

// Errors: kNotFound, kPermissionDenied; kInvalidArgument  tables or storage roots lie there,
//                                                         without force
Status DeleteLocation(Catalog& catalog, const Caller& caller, std::string_view name, Force force);

}  // namespace sluice::catalog
