#include "auth/errors.h"

namespace sluice::auth {

std::unexpected<Error> NoToken() {
  return Fail(Code::kUnauthenticated,
              "a bearer token is needed: send the header 'Authorization: Bearer <token>'");
}

std::unexpected<Error> UnknownToken() {
  return Fail(Code::kUnauthenticated, "this bearer token is unknown or no longer valid");
}

std::unexpected<Error> NoLongerThere() {
  return Fail(Code::kPermissionDenied, "whoever got this link has no access any more");
}

std::unexpected<Error> LinkIsVoid() {
  return Fail(Code::kPermissionDenied,
              "This file link ended with its token. Query the table again for a new one.");
}

std::unexpected<Error> CrossSite() {
  return Fail(Code::kPermissionDenied, "This can only be done on a page of this server.");
}

}  // namespace sluice::auth
