// delta/stats.h -- what the reader itself needs of a file's statistics.
//
// Source: Delta PROTOCOL.md, "Per-file Statistics".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::delta {

// `numRecords` of statistics in JSON; nothing if it is not there or no number. The text is only
// looked through as far as needed: statistics are hints and need not be sound.
std::optional<int64_t> NumRecords(std::string_view stats);

}  // namespace sluice::delta
