#include "auth/errors.h"

namespace sluice::auth {

std::unexpected<Error> NoToken() {
  return Fail(Code::kUnauthenticated,
              "a bearer token is needed: send the header 'Authorization: Bearer <token>'");
}

std::unexpected<Error> UnknownToken() {
  return Fail(Code::kUnauthenticated, "this bearer token is unknown or no longer valid");
}

}  // namespace sluice::auth
