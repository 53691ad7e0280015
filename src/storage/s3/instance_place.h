// storage/s3/instance_place.h -- keys of the role that is attached to an EC2 instance.
//
// Source: AWS SDKs and Tools Reference Guide, "IMDS credential provider"; Amazon EC2 User Guide,
// "Use the Instance Metadata Service".
#pragma once

#include <memory>

#include "storage/s3/credential_place.h"
#include "storage/s3/credential_sources.h"

namespace sluice::storage {

// Version 2 of the protocol only. The session token is kept for as long as it lasts.
// AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT and ..._ENDPOINT_MODE count.
// A service that is silent before it ever answered is an absence (there may be no such service); it
// is an error afterwards.
std::unique_ptr<CredentialPlace> InstancePlace(const CredentialContext& context);

}  // namespace sluice::storage
