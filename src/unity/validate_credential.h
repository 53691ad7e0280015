// unity/validate_credential.h -- whether a storage credential really opens a place.
#pragma once

#include "base/result.h"
#include "net/http.h"
#include "unity/services.h"

namespace sluice::unity {

// POST /validate-storage-credentials: lists the place and reads an object of it. Nothing is
// written: what was could not be taken back. Errors: kNotFound  the credential or location;
// kPermissionDenied; kInvalidArgument
Result<net::Response> ValidateCredential(const Services& services, const net::Request& request);

}  // namespace sluice::unity
