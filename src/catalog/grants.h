// catalog/grants.h -- privileges given to principals on objects, and taken back.
//
// On the metastore, storage credentials, external locations, catalogs, schemas and tables; which
// recipients get a share is catalog/share_grants.h. Who may: Action::kManageGrants.
//
// ALL PRIVILEGES is an entry of its own: to take it away leaves what was granted beside it, and to
// take away one privilege leaves ALL PRIVILEGES. A grant that has ended is listed nowhere.
// Source: Databricks, "Manage privileges in Unity Catalog"; databricks-sdk, catalog.GrantsAPI.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/access.h"
#include "catalog/catalog.h"
#include "catalog/securables.h"

namespace sluice::catalog {

struct PrivilegeChange {
  std::string principal{};         // its name
  std::vector<std::string> add{};  // "USE_CATALOG" or "USE CATALOG"
  std::vector<std::string> remove{};
  // Ours, for what is added. One that has passed is taken, and the grant has no effect.
  std::optional<TimePoint> expires_at{};
};

// All changes or none, one after the other; what is both added and taken away is gone. To take away
// what is not there is no failure.
// Errors: kNotFound         no such object, or not for this caller; "PRINCIPAL_DOES_NOT_EXIST"
//         kPermissionDenied
//         kInvalidArgument  a privilege that cannot be granted on such an object
Status UpdateGrants(Catalog& catalog, const Caller& caller, const Target& target,
                    const std::vector<PrivilegeChange>& changes);

// The same as a part of a larger change, by the rights of its caller.
Status ChangeGrants(Edit& edit, const Target& target, const std::vector<PrivilegeChange>& changes);

struct HeldPrivilege {
  Privilege privilege;
  std::optional<TimePoint> expires_at{};
  const Securable* inherited_from = nullptr;  // null: granted on the object itself
};
struct Assignment {
  Id principal;
  std::string name;  // of a principal; on shares of a recipient
  std::vector<HeldPrivilege> privileges;
};

enum class Inherited { kNo, kYes };
struct GrantQuery {
  Inherited inherited = Inherited::kNo;
  // By name; empty: all. With what is inherited, what its groups have is told as its own.
  std::string principal{};
};

// In the order of the principals' ids. Who may not kSeeGrants is told what is granted to itself and
// its groups. `picture` must be held as long as the answer.
// Errors: kNotFound          as above
//         kPermissionDenied  the grants of somebody else
Result<std::vector<Assignment>> ListGrants(const Picture& picture, const Access& access,
                                           TimePoint now, const Target& target,
                                           const GrantQuery& query);

}  // namespace sluice::catalog
