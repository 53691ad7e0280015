// storage/s3/profile_place.h -- keys of a profile in the shared files, with the roles it names.
#pragma once

#include <memory>
#include <string>

#include "storage/s3/credential_place.h"
#include "storage/s3/credential_sources.h"

namespace sluice::storage {

// `profile` as ProfileName. A profile that is named and not there is an error; "default" may be
// absent, and any profile may say nothing of credentials.
std::unique_ptr<CredentialPlace> ProfilePlace(std::string profile,
                                              const CredentialContext& context);

}  // namespace sluice::storage
