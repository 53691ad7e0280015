// catalog/providers.h -- providers: other servers that share with us.
//
// A provider holds the profile that it gave us, sealed; of that only the endpoint is shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/securables.h"

namespace sluice::catalog {

struct NewProvider {
  std::string name;
  AuthenticationType authentication_type = AuthenticationType::kToken;
  std::string comment{};
  std::string profile{};  // the text of a profile file; platform providers have none
};
// Errors: kPermissionDenied  without CREATE_PROVIDER; kAlreadyExists; kInvalidArgument
Result<Id> CreateProvider(Catalog& catalog, const Caller& caller, const NewProvider& wanted);

struct ProviderChange {
  CommonChange common{};
  std::optional<std::string> profile{};
};
// Errors: kNotFound, kPermissionDenied, kInvalidArgument
Result<Id> UpdateProvider(Catalog& catalog, const Caller& caller, std::string_view name,
                          const ProviderChange& change);
// Errors: kNotFound, kPermissionDenied
Status DeleteProvider(Catalog& catalog, const Caller& caller, std::string_view name);

// How to speak to a provider's server. Never shown.
struct ProviderAccess {
  std::string endpoint;
  std::string bearer_token;
};
// For whoever may use the provider.
// Errors: kNotFound, kPermissionDenied; kUnsupported  its profile has no bearer token
Result<ProviderAccess> OpenProvider(const Catalog& catalog, const Caller& caller,
                                    std::string_view name);

}  // namespace sluice::catalog
