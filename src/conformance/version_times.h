// conformance/version_times.h -- when a server says that versions were committed. A copied table
// has other times than the one that was made, so that they are asked for.
#pragma once

#include <string>
#include <vector>

#include "conformance/table_query.h"

namespace sluice::conformance {

// By version, from 0 on, of a table each of whose versions adds or removes files. The check ends
// where a line lacks version or timestamp, a version is missing, or times do not rise.
Result<std::vector<TimePoint>> VersionTimes(Context& context, const MadeTable& table,
                                            const TableName& name);

// As requests carry it, with a fraction only where there is one.
std::string TimestampText(TimePoint time);
// "startingTimestamp=2024-01-01T00%3A00%3A00Z"
std::string TimestampParameter(std::string_view name, TimePoint time);
// In {"timestamp": "..."}.
std::string TimestampBody(TimePoint time);

}  // namespace sluice::conformance
