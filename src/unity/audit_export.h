// unity/audit_export.h -- the events of the audit log as a file to save: lines of JSON as they are
// in the log, or a table for a spreadsheet.
#pragma once

#include <memory>
#include <string>

#include "audit/filter.h"
#include "audit/reader.h"
#include "base/result.h"
#include "net/http.h"

namespace sluice::unity {

enum class AuditFormat { kJsonLines, kCsv };

// The oldest first, up to the newest event as it is now. Read while it is sent: neither the log nor
// the answer is ever whole in memory.
// Errors: kUnavailable  the log
Result<std::unique_ptr<net::BodySource>> ExportAudit(std::unique_ptr<audit::Reader> reader,
                                                     const audit::Filter& filter,
                                                     AuditFormat format);

}  // namespace sluice::unity
