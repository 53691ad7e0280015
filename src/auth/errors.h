// auth/errors.h -- the sentences of this room that clients see.
#pragma once

#include "base/result.h"

namespace sluice::auth {

// Both are kUnauthenticated. Neither tells how near a token came to a good one.
std::unexpected<Error> NoToken();
std::unexpected<Error> UnknownToken();

}  // namespace sluice::auth
