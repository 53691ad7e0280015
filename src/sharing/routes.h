// sharing/routes.h -- the route table of the sharing protocol.
#pragma once

#include "net/router.h"
#include "sharing/services.h"

namespace sluice::sharing {

// All operations under services.options.prefix. `services` must outlive the table.
net::RouteTable Routes(const Services& services);

}  // namespace sluice::sharing
