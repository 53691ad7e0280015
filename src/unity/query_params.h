// unity/query_params.h -- single values of a request's query string.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace sluice::unity {

// Nothing: not given, or empty.
// Errors: kInvalidArgument  not a whole number, or negative
Result<std::optional<int64_t>> NumberParam(const net::Request& request, std::string_view name);
std::string TextParam(const net::Request& request, std::string_view name);
// "true" and "false", in any case. Errors: kInvalidArgument
Result<bool> FlagParam(const net::Request& request, std::string_view name);

}  // namespace sluice::unity
