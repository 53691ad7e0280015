// catalog/share_grants.h -- which recipients get a share.
//
// A recipient is granted SELECT on a share, for good or up to a time. To grant takes rights on both
// sides: the share's owner, an administrator of the metastore, or USE SHARE with SET SHARE
// PERMISSION; and the recipient's owner, USE RECIPIENT or an administrator. To take back takes the
// share's owner, an administrator or USE SHARE. Source: Databricks, "Manage access to OpenSharing
// data shares".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/access.h"
#include "catalog/catalog.h"

namespace sluice::catalog {

struct GrantChange {
  std::string recipient{};  // its name
  std::vector<std::string> add{};
  std::vector<std::string> remove{};
  // Ours, for what is added. One that has passed is taken, and the grant has no effect.
  std::optional<TimePoint> expires_at{};
};

// All changes or none, one after the other; what is both added and taken away is gone. To take away
// what is not there is no failure. Returns the share as it then is.
// Errors: kNotFound          no such share or recipient, or not for this caller
//         kPermissionDenied
//         kInvalidArgument   another privilege than SELECT
Result<SecurablePtr> UpdateSharePermissions(Catalog& catalog, const Caller& caller,
                                            const std::string& share,
                                            const std::vector<GrantChange>& changes);

// The same as a part of a larger change, by the rights of its caller.
Result<SecurablePtr> ChangeSharePermissions(Edit& edit, const std::string& share,
                                            const std::vector<GrantChange>& changes);

// The grant of a recipient, whether it has ended or not. Null: there is none.
const Grant* GrantOf(const Securable& share, std::string_view recipient);

}  // namespace sluice::catalog
