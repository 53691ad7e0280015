// storage/s3/sts.h -- roles assumed through AWS STS, or a store's own service of that kind.
//
// Source: AWS STS API Reference, AssumeRole, AssumeRoleWithWebIdentity.
#pragma once

#include <string>

#include "base/result.h"
#include "storage/s3/credential_sources.h"
#include "storage/s3/credentials.h"
#include "storage/s3/endpoint.h"
#include "storage/s3/profile_plan.h"

namespace sluice::storage {

// The context's endpoint, else Amazon's for the region.
// Errors: kPermissionDenied  the region or the endpoint is none
Result<Origin> StsOrigin(const CredentialContext& context);

// Errors: kPermissionDenied  STS refuses; its code and message are in the detail
//         kUnavailable       no answer, one that cannot be read, or STS asks for less
//         kUnsupported       the role's policy is longer than STS takes
Result<Credentials> AssumeRole(const CredentialContext& context, const RoleToAssume& role,
                               const Credentials& caller);

// The token is read from its file each time: who issues it writes it anew.
// Errors: as AssumeRole; kPermissionDenied  there is no such file, or it is empty
Result<Credentials> AssumeRoleByToken(const CredentialContext& context, const RoleToAssume& role,
                                      const std::string& token_file);

}  // namespace sluice::storage
