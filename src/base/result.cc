#include "base/result.h"

namespace sluice {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return "invalid_argument";
    case Code::kUnauthenticated: return "unauthenticated";
    case Code::kPermissionDenied: return "permission_denied";
    case Code::kNotFound: return "not_found";
    case Code::kAlreadyExists: return "already_exists";
    case Code::kConflict: return "conflict";
    case Code::kUnsupported: return "unsupported";
    case Code::kResourceExhausted: return "resource_exhausted";
    case Code::kUnavailable: return "unavailable";
    case Code::kCorrupt: return "corrupt";
    case Code::kInternal: return "internal";
  }
  return "internal";
}

Error Error::Context(std::string_view what) && {
  detail = detail.empty() ? std::string(what) : std::string(what) + ": " + detail;
  return std::move(*this);
}

std::unexpected<Error> Fail(Code code, std::string message, std::string detail,
                            std::string_view reason) {
  return std::unexpected<Error>(Error{code, std::move(message), std::move(detail), reason});
}

}  // namespace sluice
