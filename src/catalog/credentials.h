// catalog/credentials.h -- storage credentials: with what the server reads what lies elsewhere.
//
// Secrets are sealed before they are written and are never shown; settings are, by the API's names.
// The credential "local" stands for the folders that the server was started with: its owner,
// comment and grants can be changed, nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/catalog.h"
#include "catalog/locations.h"
#include "catalog/securables.h"

namespace sluice::catalog {

// What a credential consists of.
struct CredentialContent {
  CredentialType type = CredentialType::kS3AccessKey;
  Properties settings{};  // as StorageCredential's
  Properties secrets{};   // {"secret_access_key": "..."}
};

struct NewCredential {
  std::string name;
  std::string comment{};
  CredentialContent content{};
  bool read_only = false;
};
// Errors: kPermissionDenied  without CREATE_STORAGE_CREDENTIAL
//         kAlreadyExists, kInvalidArgument
Result<Id> CreateCredential(Catalog& catalog, const Caller& caller, const NewCredential& wanted);

struct CredentialChange {
  CommonChange common{};
  std::optional<CredentialContent> content{};
  std::optional<bool> read_only{};
};
// Errors: kNotFound, kPermissionDenied, kInvalidArgument  "local"; or another kind of credential
//         than what external locations have it for
Result<Id> UpdateCredential(Catalog& catalog, const Caller& caller, std::string_view name,
                            const CredentialChange& change);

// Errors: kNotFound, kPermissionDenied; kInvalidArgument  external locations use it, without force
Status DeleteCredential(Catalog& catalog, const Caller& caller, std::string_view name, Force force);

// The secrets of a credential, for the store that is opened with them; of one without: empty.
// Errors: kCorrupt
Result<Properties> SecretsOf(const Catalog& catalog, const Securable& credential);

// What SecretsOf opens. None: an empty one.
SealedSecret SealSecrets(Catalog& catalog, const Id& credential, const Properties& secrets);

// Whether urls of this kind can be read with a credential of that type.
bool Fits(CredentialType type, UrlKind kind);

}  // namespace sluice::catalog
