// unity/recipient_json.h -- sharing.RecipientInfo of the dialect.
#pragma once

#include <string>

#include "base/json.h"
#include "catalog/picture.h"
#include "net/router.h"
#include "unity/services.h"

namespace sluice::unity {

// "https://share.example.org", where this server is reached from outside.
std::string PublicOrigin(const Services& services, const net::Request& request);

// "TOKEN"
std::string_view AuthenticationTypeName(catalog::AuthenticationType type);
// Errors: kInvalidArgument  no such type; kUnsupported  one that the catalog does not know
Result<catalog::AuthenticationType> ParseAuthenticationType(std::string_view name);

// With the activation link, as long as it can be used: whoever may see a recipient may hand it on.
json::Object RecipientJson(const Services& services, const net::Request& request,
                           const catalog::Picture& picture, const catalog::Securable& recipient);

// Whose activation link it is, for the audit log; also when the link is not good any more.
net::Facts RecipientOfLink(const Services& services, std::string_view nonce);

}  // namespace sluice::unity
