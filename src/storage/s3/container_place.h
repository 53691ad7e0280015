// storage/s3/container_place.h -- keys that ECS gives to a container, EKS Pod Identity to a pod.
//
// Source: AWS SDKs and Tools Reference Guide, "Container credential provider".
#pragma once

#include <memory>

#include "storage/s3/credential_place.h"
#include "storage/s3/credential_sources.h"

namespace sluice::storage {

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or ..._FULL_URI, with
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN. Keys come without
// TLS only from this machine and the addresses of the two services.
std::unique_ptr<CredentialPlace> ContainerPlace(const CredentialContext& context);

}  // namespace sluice::storage
