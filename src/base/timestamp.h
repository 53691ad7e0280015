// base/timestamp.h -- ISO 8601 text and TimePoint.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sluice {

// Parses "2022-01-01T00:00:00Z", with optional fraction (digits beyond milliseconds are dropped)
// and an offset "+01:00" in place of Z. Source: Delta Sharing PROTOCOL.md, "Timestamp Format".
// The year in UTC has four digits, whatever the offset.
// Errors: kInvalidArgument  anything else, or a date that no calendar has
Result<TimePoint> ParseTimestamp(std::string_view text);

// "2022-01-01T00:00:00.000Z".
std::string FormatTimestamp(TimePoint t);

}  // namespace sluice
