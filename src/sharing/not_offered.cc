#include <fmt/format.h>

#include "sharing/operations.h"
#include "sharing/table_request.h"

namespace sluice::sharing {

Result<net::Response> NotOffered(const Services& services, const net::Request& request,
                                 std::string_view what) {
  TRY(ResolveTable(services, request));
  return Fail(Code::kUnsupported,
              fmt::format("{} not supported by this version of the server.", what));
}

}  // namespace sluice::sharing
