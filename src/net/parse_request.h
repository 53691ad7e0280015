// net/parse_request.h -- one whole HTTP request from bytes, as the server reads it from a socket.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "net/http.h"

namespace sluice::net {

struct ParseLimits {
  ByteCount header = KiB(64);
  ByteCount body = MiB(2);
};

// Bytes behind the request are left alone. Pure: `peer`, `local`, `received` stay empty.
// Errors: kInvalidArgument  malformed, cut off, or larger than `limits` (reason says which)
Result<Request> ParseRequest(std::string_view bytes, ParseLimits limits = {});

}  // namespace sluice::net
