// catalog/principals.h -- users, groups and service principals: whom grants and ownership are of.
//
// The administrators of the metastore make and change them. Everybody who signed in may see names;
// e-mails, external ids, memberships and members are for the administrators and oneself.
//
// Names are unique among all of them, without regard to case: a grant is written with a name alone.
// Groups may lie in groups, not in a circle. Nobody locks everybody out: an active user is left
// among the administrators of the metastore, and in the group "admins".
//
// Source: Databricks, "Manage users, service principals, and groups"; databricks-sdk,
// iam.UsersAPI, iam.GroupsAPI, iam.ServicePrincipalsAPI.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "catalog/access.h"
#include "catalog/catalog.h"

namespace sluice::catalog {

// "user", "group", "service principal", for sentences.
std::string_view PrincipalWords(PrincipalKind kind);

// A principal as one caller sees it: without what is not for that caller.
struct SeenPrincipal {
  Principal principal;
  bool whole = false;  // nothing was left out
};
SeenPrincipal SeenBy(const Access& access, const Principal& principal);

// Makes what `principal` says; a service principal without a name gets a UUID.
// Errors: kPermissionDenied, kAlreadyExists
//         kInvalidArgument  a name that is none, members that do not exist
Result<Principal> CreatePrincipal(Catalog& catalog, const Caller& caller, Principal principal);

// Of one kind, by id. Errors: kNotFound "RESOURCE_DOES_NOT_EXIST"
struct PrincipalRef {
  PrincipalKind kind;
  std::string_view id;
};
Result<const Principal*> FindPrincipal(const Picture& picture, const PrincipalRef& ref);

// All of a kind, by folded name.
std::vector<const Principal*> PrincipalsByName(const Picture& picture, PrincipalKind kind);

// Hands a copy to `alter`, and puts it in the principal's place if it is sound. The kind, the id
// and the name of a service principal stay.
// Errors: as above, kNotFound; those of `alter`
Result<Principal> UpdatePrincipal(Catalog& catalog, const Caller& caller, const PrincipalRef& ref,
                                  const std::function<Status(Principal&)>& alter);

// Whether the metastore may be given to `owner`: an active user, or a group that holds one.
// Errors: kInvalidArgument
Status CheckMayAdminister(const Picture& picture, const Id& owner);

// Its grants, memberships and tokens end with it. What it owned stays, owned by nobody, until an
// administrator gives it to somebody.
// Errors: kPermissionDenied, kNotFound; kInvalidArgument  it is one that must stay
Status DeletePrincipal(Catalog& catalog, const Caller& caller, const PrincipalRef& ref);

}  // namespace sluice::catalog
