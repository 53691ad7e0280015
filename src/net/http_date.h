// net/http_date.h -- the time in a Date, Retry-After or Last-Modified header (RFC 9110 §5.6.7).
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace sluice::net {

// "Sun, 06 Nov 1994 08:49:37 GMT" and the two obsolete forms. Nothing: it is no such date.
std::optional<TimePoint> ParseHttpDate(std::string_view text);

}  // namespace sluice::net
