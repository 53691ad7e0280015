// catalog/shares.h -- shares: made, changed, taken away, looked up.
//
// A share belongs to its owner, and lives on the owner's rights: what the owner cannot read any
// more, recipients cannot either (catalog/shared_objects.h). Who may not see a share is told that
// it does not exist.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "catalog/shared_objects.h"

namespace sluice::catalog {

struct NewShare {
  std::string name{};
  std::string comment{};
  std::string storage_root{};
};

// Errors: kInvalidArgument   the name; a quota
//         kPermissionDenied  neither an administrator of the metastore, nor CREATE SHARE
//         kAlreadyExists
Result<SecurablePtr> CreateShare(Catalog& catalog, const Caller& caller, const NewShare& share);

// What is not given stays as it is.
struct ShareChange {
  std::optional<std::string> new_name{};
  std::optional<std::string> owner{};  // the name of a principal
  std::optional<std::string> comment{};
  std::optional<std::string> storage_root{};
  std::vector<ObjectUpdate> updates{};
};

// The version that the table at a location has now.
using NewestVersion = std::function<Result<int64_t>(const std::string& location)>;

// A table whose history or changes are shared from now on, and for which no start_version is given,
// gets the version that it has now, as at Databricks: recipients see no older one, nor what it
// changed. `newest` is asked for it before anything is changed; without one such histories begin
// with the first version, and changes alone are not shared.
//
// All of it or nothing. Objects are added by the rights of the owner before the change: nobody gets
// at what another can read by making him the owner.
// Errors: kNotFound          no such share, owner, source or object in the share
//         kPermissionDenied  not the owner; an administrator may change the owner only; a new name
//                            takes CREATE SHARE as well
//         kInvalidArgument, kAlreadyExists
//         those of `newest`; kConflict  what is shared became another table meanwhile
Result<SecurablePtr> UpdateShare(Catalog& catalog, const Caller& caller, const std::string& name,
                                 const ShareChange& change, const NewestVersion& newest = {});

// Its grants go with it. Errors: kNotFound, kPermissionDenied
Status DeleteShare(Catalog& catalog, const Caller& caller, const std::string& name);

// The share, for who may see it. Errors: kNotFound
Result<const Securable*> FindShareFor(const Picture& picture, const Access& access,
                                      std::string_view name);

}  // namespace sluice::catalog
