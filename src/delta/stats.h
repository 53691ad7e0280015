// delta/stats.h -- what the statistics of a file tell.
//
// Source: Delta PROTOCOL.md, "Per-file Statistics".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::delta {

// The number of rows in the file, deleted ones included; nullopt where the text does not say.
std::optional<int64_t> NumRecords(std::string_view stats);

}  // namespace sluice::delta
