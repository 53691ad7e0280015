// server/api_description.h -- api/unity.yaml, as it was when this program was built, at
// /api/openapi.json.
#pragma once

#include <string>

#include "base/result.h"
#include "net/router.h"

namespace sluice::server {

// The description as JSON. `text` is YAML. Errors: kInvalidArgument
Result<std::string> ApiDescriptionJson(std::string_view text);

// GET /api/openapi.json, and GET /.well-known/databricks-config, by which the Databricks SDK finds
// out how to sign in here: with a token, and nothing else.
net::RouteTable DescriptionRoutes();

}  // namespace sluice::server
