// auth/errors.h -- the sentences of this room that clients see.
#pragma once

#include "base/result.h"

namespace sluice::auth {

// Both are kUnauthenticated. Neither tells how near a token came to a good one.
std::unexpected<Error> NoToken();
std::unexpected<Error> UnknownToken();
// kPermissionDenied: of a link whose principal was deleted or deactivated.
std::unexpected<Error> NoLongerThere();
// kPermissionDenied: of a link that an ended token may have brought.
std::unexpected<Error> LinkIsVoid();
// kPermissionDenied: of a request that a page of another site sends.
std::unexpected<Error> CrossSite();

}  // namespace sluice::auth
