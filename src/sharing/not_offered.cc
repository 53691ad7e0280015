#include <fmt/format.h>

#include "sharing/operations.h"

namespace sluice::sharing {

Result<net::Response> NotOffered(std::string_view what) {
  return Fail(Code::kUnsupported,
              fmt::format("{} not supported by this version of the server.", what));
}

}  // namespace sluice::sharing
