// catalog/errors.h -- the sentences of this room that clients see.
//
// Those for recipients are the reference server's, word for word, because client programs look for
// them; those for administrators follow Databricks' Unity Catalog. Each names only what the client
// named.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/names.h"
#include "catalog/privileges.h"

namespace sluice::catalog {

// All are kNotFound.
std::unexpected<Error> ShareNotFound(std::string_view share);
std::unexpected<Error> SchemaNotFound(std::string_view schema);
std::unexpected<Error> TableNotFound(const TableName& name);
// For a link to a file of a table that is gone or no longer shared: says nothing about the table.
std::unexpected<Error> TableIdNotFound();
// kPermissionDenied: a table that is shared, of which the owner of the share lost sight.
std::unexpected<Error> OwnerLostAccess(std::string_view share);

// For administrators. kNotFound "SHARE_DOES_NOT_EXIST", kAlreadyExists "SHARE_ALREADY_EXISTS" and
// so on for each kind.
std::unexpected<Error> DoesNotExist(Kind kind, std::string_view full_name);
std::unexpected<Error> AlreadyExists(Kind kind, std::string_view full_name);
// kNotFound: "PRINCIPAL_DOES_NOT_EXIST".
std::unexpected<Error> NoSuchPrincipal(std::string_view name);
// kNotFound: of an access request.
std::unexpected<Error> NoSuchRequest(std::string_view id);
// kInvalidArgument, "INVALID_PARAMETER_VALUE": `operation` as in "CreateShare".
std::unexpected<Error> MissingField(std::string_view operation, std::string_view field);
std::unexpected<Error> InvalidParameter(std::string message);
// For what is in a share, by the name it has there; `what` is "Table" or "Schema". kAlreadyExists
// "RESOURCE_ALREADY_EXISTS", with `advice` behind it, and kNotFound "RESOURCE_DOES_NOT_EXIST".
std::unexpected<Error> SharedObjectExists(std::string_view what, std::string_view name,
                                          std::string_view advice = {});
std::unexpected<Error> SharedObjectDoesNotExist(std::string_view what, std::string_view name);
// kInvalidArgument "QUOTA_EXCEEDED": not a 429, which clients would send again for minutes.
struct QuotaReached {
  Kind child;
  Kind parent;
  std::string_view parent_name;
  size_t more;
  size_t count;
  size_t limit;
};
std::unexpected<Error> QuotaExceeded(const QuotaReached& quota);

// For recipients. kNotFound: `what_of_it` as in "was used already".
std::unexpected<Error> NoSuchActivation(std::string_view what_of_it);
// kPermissionDenied.
std::unexpected<Error> AddressRefused();
// "FEATURE_DISABLED"; Databricks' sentence, and the way out.
std::unexpected<Error> ExternalSharingDisabled();

// For whoever signs in, or did. kUnauthenticated; neither tells why.
std::unexpected<Error> TokenRefused();
std::unexpected<Error> NoSession();

}  // namespace sluice::catalog
