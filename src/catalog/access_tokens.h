// catalog/access_tokens.h -- personal access tokens: made, shown once, taken back.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace sluice::catalog {

// Tokens begin with it, so that programs that look for leaked secrets know one.
inline constexpr std::string_view kAccessTokenPrefix = "slu_";

struct NewAccessToken {
  std::string token;  // the secret; it is kept nowhere
  AccessToken info;
};

// A token of 256 random bits for `principal`. `lifetime`: nothing means that it does not expire.
NewAccessToken MakeAccessToken(Edit& edit, const Id& principal, std::string comment,
                               std::optional<std::chrono::seconds> lifetime);

// Living tokens that one principal may have. Source: Databricks, "Monitor and revoke personal
// access tokens".
inline constexpr size_t kMostAccessTokens = 600;

struct AccessTokenRequest {
  std::optional<std::string> principal{};  // by name; nothing: the caller
  std::string comment{};
  std::optional<std::chrono::seconds> lifetime{};  // nothing: it does not expire
};
// Administrators of the metastore may name somebody else, a user or a service principal. Tokens of
// the same principal that have expired go away with this.
// Errors: kPermissionDenied
//         kNotFound         "PRINCIPAL_DOES_NOT_EXIST"
//         kInvalidArgument  a group; who was deactivated; a lifetime that is none; too many tokens
Result<NewAccessToken> CreateAccessToken(Catalog& catalog, const Caller& caller,
                                         const AccessTokenRequest& request);
// The caller's own, those that have expired among them, the oldest first.
std::vector<AccessToken> ListAccessTokens(const Catalog& catalog, const Caller& caller);
// Its own; administrators: any. Errors: kNotFound  no such token, or not for this caller
Result<AccessToken> UpdateAccessToken(Catalog& catalog, const Caller& caller, std::string_view id,
                                      const std::string& comment);
Status DeleteAccessToken(Catalog& catalog, const Caller& caller, std::string_view id);

// The user "admin", in the group of the administrators, gets a new token; those that this function
// made before end with it. Makes the user and puts it into the group where that is needed: it is
// how the owner of the machine gets in again. Where "admin" is no user but a group or a service
// principal, it is "admin-2" or so. Errors: those of Catalog::Change
struct AdminToken {
  std::string user;
  std::string token;
};
Result<AdminToken> ResetAdminToken(Catalog& catalog);
// Whose token that would be.
std::string AdminUserName(const Picture& picture);

}  // namespace sluice::catalog
