// storage/s3/web_identity_place.h -- keys of a role that is assumed with a token of Kubernetes.
//
// Source: AWS SDKs and Tools Reference Guide, "Assume role credential provider".
#pragma once

#include <memory>

#include "storage/s3/credential_place.h"
#include "storage/s3/credential_sources.h"

namespace sluice::storage {

// AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN, AWS_ROLE_SESSION_NAME.
std::unique_ptr<CredentialPlace> WebIdentityPlace(const CredentialContext& context);

}  // namespace sluice::storage
