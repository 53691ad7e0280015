// unity/scim_json.h -- principals as SCIM resources: written, read from bodies, filtered.
//
// Source: databricks-sdk, iam.User, iam.Group, iam.ServicePrincipal; RFC 7643, RFC 7644.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "catalog/principals.h"
#include "net/http.h"

namespace sluice::unity {

// As whoever may see `seen` gets it.
json::Object ScimJson(const catalog::Picture& picture, const catalog::SeenPrincipal& seen);

// Leaves in `resource` what the query's "attributes" names, or takes out what "excludedAttributes"
// does; the id stays.
void SelectAttributes(const net::Request& request, json::Object& resource);

// For filters: what `seen` has at a lower-case path. Errors: kInvalidArgument  no such attribute
Result<std::vector<std::string>> ScimValues(const catalog::Picture& picture,
                                            const catalog::SeenPrincipal& seen,
                                            std::string_view path);

// A whole resource, as POST and PUT send it: what is not in it is empty, or as new ones have it.
// Entitlements and roles, which mean nothing here, are ignored, as are fields that nobody knows.
Status ReadScimResource(const json::Object& resource, catalog::Principal& principal);

// The body of PATCH, all operations one after the other.
Status ApplyScimPatch(const json::Object& body, catalog::Principal& principal);

// {"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404", ...} with error_code
// and message. The SDK would put "SCIM_404" in the error code's place if there were a "detail".
net::Response RenderScimError(const Error& error);

}  // namespace sluice::unity
