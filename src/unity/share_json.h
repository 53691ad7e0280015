// unity/share_json.h -- shares, what is in them and who has them, as the dialect writes them.
//
// Fields: databricks-sdk, sharing.ShareInfo, SharedDataObject, PrivilegeAssignment. Ours: the
// "values" of a partition value (for IN), its further operations, and "expires_at" of a grant.
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "catalog/share_grants.h"
#include "catalog/shares.h"
#include "unity/body.h"

namespace sluice::unity {

// Where "objects" are wanted, each with its status by the rights of the share's owner at `now`.
json::Object ShareJson(const catalog::Picture& picture, const catalog::Securable& share);
json::Array ObjectsJson(const catalog::Picture& picture, const catalog::Securable& share,
                        TimePoint now);

// {"principal": "acme", "privileges": ["SELECT"]}
json::Object AssignmentJson(const catalog::Picture& picture, const catalog::Grant& grant);

// One of "updates": {"action": "ADD", "data_object": {...}}. Errors: kInvalidArgument
Result<catalog::ObjectUpdate> ReadObjectUpdate(const Fields& fields);
// One of "changes": {"principal": "acme", "add": ["SELECT"], "expires_at": 1700000000000}.
// Errors: kInvalidArgument
Result<catalog::GrantChange> ReadGrantChange(const Fields& fields);

}  // namespace sluice::unity
