// notify/report_result.h -- what came of a report: as JSON (kept, and sent to webhooks), as CSV,
// and as the words and the table of a mail.
#pragma once

#include <cstddef>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "notify/report.h"

namespace sluice::notify {

// Kept of one run; the largest.
inline constexpr size_t kMostRowsKept = 20'000;
// In an answer or a message; the file has all that are kept.
inline constexpr size_t kMostRowsShown = 1'000;

// {"report_id", "name", "from", "to", "time_zone", "group_by", "totals", "rows", "row_count"};
// times in milliseconds.
json::Object ResultOf(const Report& report, const audit::Hours& hours, const UsageTable& table);
// Errors: kCorrupt
Result<json::Object> ParseResult(std::string_view text);
// Leaves the first rows; "more_rows" says how many were taken away.
void ShowFirstRows(json::Object& result, size_t most);
json::Array GroupByJson(const GroupBy& group_by);

// "2026-10-01 to 2026-10-31", days of its zone.
std::string PeriodText(const audit::Hours& hours, const TimeZone& zone);

// All rows, with a line of names; no cell is a formula.
std::string ResultCsv(const json::Object& result);
std::string ResultFileName(const json::Object& result);  // "usage-2026-10-01.csv"

// For mail: of the first rows.
std::string ResultText(const json::Object& result);
std::string ResultHtml(const json::Object& result);

}  // namespace sluice::notify
