// audit/syslog_line.h -- a line of the log as a syslog message (RFC 5424), for whoever sends it.
#pragma once

#include <string>
#include <string_view>

#include "audit/line_keys.h"

namespace sluice::audit {

// Facility 13 (log audit); severity notice for what succeeded, warning for what was refused, error
// for what failed. The message is the line as it is in the log, so that what was collected can be
// held against the log: by its sequence and hash. No newline at the end.
std::string SyslogLine(const LineKeys& keys, std::string_view line, std::string_view host);

}  // namespace sluice::audit
