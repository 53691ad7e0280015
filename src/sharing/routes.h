// sharing/routes.h -- the route table of the sharing protocol.
#pragma once

#include "net/router.h"

namespace sluice::sharing {}  // namespace sluice::sharing
