// notify/report_rows.h -- reports and what came of them, in the database.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/database.h"
#include "notify/report.h"

namespace sluice::notify {

// All of it, the destinations too.
Status Put(db::Session& session, const Report& report);
// With what came of it. Returns whether there was one.
Result<bool> EraseReport(db::Session& session, std::string_view id);
// In the order of their names.
Result<std::vector<Report>> ReadReports(db::Session& session);
Result<std::optional<Report>> FindReport(db::Session& session, std::string_view id);
// The one that must run first; nothing: all are paused.
Result<std::optional<Report>> FirstReport(db::Session& session);

// What came of the last run that went well, as ReportResult writes it.
Status PutResult(db::Session& session, std::string_view report, std::string text);
Result<std::string> ReadResult(db::Session& session, std::string_view report);  // empty: nothing

}  // namespace sluice::notify
