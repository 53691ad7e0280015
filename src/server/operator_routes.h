// server/operator_routes.h -- /health and /metrics: what an operator's tools ask.
#pragma once

#include "base/metrics.h"
#include "net/router.h"

namespace sluice::server {

// Neither needs a token; neither tells of tables or callers. `metrics` must outlive the table.
net::RouteTable OperatorRoutes(const Metrics& metrics);

}  // namespace sluice::server
