// sharing/parameters.h -- numbers and times in query strings and bodies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace sluice::sharing {

// A whole decimal number. Errors: kInvalidArgument  in the words of the reference server
Result<int64_t> ParseNumber(std::string_view text);

// A member of a JSON body. Absent and null are nullopt; a number may stand as text, as protobuf's
// JSON mapping allows. Errors: kInvalidArgument (MALFORMED_REQUEST)  another type
Result<std::optional<int64_t>> NumberMember(const json::Object& object, std::string_view name);
Result<std::optional<std::string>> TextMember(const json::Object& object, std::string_view name);
Result<bool> FlagMember(const json::Object& object, std::string_view name);

// Errors: kInvalidArgument  names the parameter
Result<TimePoint> ParseTimeParameter(std::string_view name, std::string_view text);

}  // namespace sluice::sharing
