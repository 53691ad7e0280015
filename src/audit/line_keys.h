// audit/line_keys.h -- what a line of the log is looked for by, read without parsing it.
//
// Possible because we write the lines: members come in one order, and a quote within a text is
// escaped, so that no value can look like a member. Texts stay as they stand in the line, escaped;
// AsWritten brings what is looked for into that form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sluice::audit {

struct LineKeys {
  TimePoint time{};
  std::string_view source_ip;
  std::string_view principal;
  std::string_view action;
  std::string_view share;
  std::string_view recipient;
  std::string_view table;
  int64_t bytes_read = 0;
  int64_t status = 0;
  std::string_view error;
  std::string_view result;  // JSON in a text: escaped
};

// Nothing: the line is not an event as this program writes them.
std::optional<LineKeys> ScanLine(std::string_view line);

std::string AsWritten(std::string_view text);
// The text back. What is not JSON comes back as it is.
std::string AsMeant(std::string_view written);

}  // namespace sluice::audit
