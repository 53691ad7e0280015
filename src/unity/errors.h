// unity/errors.h -- failures in the dialect of Databricks' REST API.
//
// {"error_code":"...","message":"...","details":[]}. Source: databricks-sdk, errors/; the SDK maps
// the HTTP status first, then the word.
#pragma once

#include "base/result.h"
#include "net/http.h"

namespace sluice::unity {

net::Response RenderError(const Error& error);

}  // namespace sluice::unity
