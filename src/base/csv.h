// base/csv.h -- cells of CSV files (RFC 4180).
#pragma once

#include <string>
#include <string_view>

namespace sluice {

// Appends a cell. Text from outside that a spreadsheet would take for a formula gets an apostrophe
// before it.
void AppendCsvCell(std::string_view text, std::string& out);

}  // namespace sluice
