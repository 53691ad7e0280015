#include "notify/report_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/csv.h"
#include "base/markup.h"
#include "base/timestamp.h"

namespace sluice::notify {
namespace {

constexpr int64_t kHourMs = 3'600'000;
constexpr size_t kMostRowsInMail = 50;
constexpr std::array<std::string_view, 3> kNames = {"recipient", "share", "table"};
constexpr std::array<std::string_view, 6> kCounts = {"reads",  "files",         "bytes_read",
                                                     "denied", "client_errors", "server_errors"};
constexpr std::array<std::string_view, 2> kTimes = {"first_read_at", "last_read_at"};
// What a mail has room for.
constexpr std::array<std::string_view, 3> kMailCounts = {"reads", "bytes_read", "denied"};

void PutCounts(json::Object& object, const audit::UsageSum& sum) {
  object["reads"] = sum.reads;
  object["files"] = sum.files;
  object["bytes_read"] = sum.bytes;
  object["denied"] = sum.denied;
  object["client_errors"] = sum.client_errors;
  object["server_errors"] = sum.server_errors;
  if (sum.first_read_ms > 0) object["first_read_at"] = sum.first_read_ms;
  if (sum.last_read_ms > 0) object["last_read_at"] = sum.last_read_ms;
}

json::Object RowJson(const GroupBy& group_by, const UsageRow& row) {
  json::Object object;
  if (group_by.recipient) object["recipient"] = ValidUtf8(row.recipient);
  if (group_by.share) object["share"] = ValidUtf8(row.share);
  if (group_by.table) object["table"] = ValidUtf8(row.table);
  PutCounts(object, row.sum);
  return object;
}

int64_t NumberOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  if (value == nullptr) return 0;
  // Numbers that came out of a text are signed.
  if (value->is_uint64()) return static_cast<int64_t>(value->as_uint64());
  return value->is_int64() ? value->as_int64() : 0;
}

// As a person reads it, or a program: a name, a number, a time; empty: it is not there.
std::string CellText(const json::Object& row, std::string_view name) {
  const json::Value* value = row.if_contains(name);
  if (value == nullptr) return {};
  if (value->is_string()) return std::string(value->as_string());
  const int64_t number = NumberOf(row, name);
  if (std::ranges::find(kTimes, name) == kTimes.end()) return fmt::format("{}", number);
  return FormatTimestamp(FromUnixMillis(number));
}

// The same for people alone.
std::string MailText(const json::Object& row, std::string_view name) {
  if (name != "bytes_read") return CellText(row, name);
  const int64_t bytes = std::max<int64_t>(NumberOf(row, name), 0);
  return HumanBytes({static_cast<uint64_t>(bytes)});
}

std::vector<std::string_view> NamesOf(const json::Object& result) {
  std::vector<std::string_view> names;
  const json::Value* group_by = result.if_contains("group_by");
  if (group_by == nullptr || !group_by->is_array()) return names;
  for (const std::string_view name : kNames) {
    for (const json::Value& one : group_by->as_array()) {
      if (one.is_string() && one.as_string() == name) names.push_back(name);
    }
  }
  return names;
}

const json::Array& RowsOf(const json::Object& result) {
  static const json::Array kNone;
  const json::Value* rows = result.if_contains("rows");
  return rows != nullptr && rows->is_array() ? rows->as_array() : kNone;
}

// Of a mail: names, counts, the last read.
std::vector<std::string_view> MailColumns(const json::Object& result) {
  std::vector<std::string_view> columns = NamesOf(result);
  columns.insert(columns.end(), kMailCounts.begin(), kMailCounts.end());
  columns.insert(columns.end(), kTimes.begin(), kTimes.end());
  return columns;
}

// How many rows a mail leaves out.
std::string RestText(const json::Object& result) {
  const int64_t all = NumberOf(result, "row_count");
  const auto attached = static_cast<int64_t>(RowsOf(result).size());
  std::string text;
  if (attached > static_cast<int64_t>(kMostRowsInMail)) {
    text = fmt::format("The first {} rows; the attached file has {}.", kMostRowsInMail, attached);
  }
  if (all > attached) {
    text += fmt::format("{}There are {} rows: the portal has them under Usage, Reports.",
                        text.empty() ? "" : " ", all);
  }
  return text;
}

}  // namespace

json::Array GroupByJson(const GroupBy& group_by) {
  json::Array names;
  for (const auto& [is, name] :
       {std::pair(group_by.recipient, kNames[0]), std::pair(group_by.share, kNames[1]),
        std::pair(group_by.table, kNames[2])}) {
    if (is) names.push_back(json::Value(name));
  }
  return names;
}

json::Object ResultOf(const Report& report, const audit::Hours& hours, const UsageTable& table) {
  json::Object result{{"report_id", report.id},
                      {"name", report.name},
                      {"from", hours.from * kHourMs},
                      {"to", hours.to * kHourMs},
                      {"time_zone", report.schedule.time_zone},
                      {"row_count", table.rows.size()}};
  result["group_by"] = GroupByJson(report.group_by);
  json::Object totals;
  PutCounts(totals, table.total);
  result["totals"] = std::move(totals);
  json::Array rows;
  for (const UsageRow& row : table.rows) {
    if (rows.size() == kMostRowsKept) break;
    rows.push_back(RowJson(report.group_by, row));
  }
  result["rows"] = std::move(rows);
  return result;
}

Result<json::Object> ParseResult(std::string_view text) {
  auto value = json::Parse(text, {.size = MiB(64)});
  if (!value || !value->is_object()) {
    return Fail(Code::kCorrupt, "the database holds a row that cannot be read",
                "a report's result");
  }
  return std::move(value->as_object());
}

void ShowFirstRows(json::Object& result, size_t most) {
  json::Value* rows = result.if_contains("rows");
  if (rows == nullptr || !rows->is_array()) return;
  json::Array& array = rows->as_array();
  if (array.size() > most)
    array.erase(array.begin() + static_cast<std::ptrdiff_t>(most), array.end());
  const int64_t more = NumberOf(result, "row_count") - static_cast<int64_t>(array.size());
  if (more > 0) result["more_rows"] = more;
}

std::string PeriodText(const audit::Hours& hours, const TimeZone& zone) {
  const auto day = [&](TimePoint time) {
    const LocalSeconds local = zone.LocalAt(time);
    return FormatTimestamp(TimePoint(local.time_since_epoch())).substr(0, 10);
  };
  // Where the clock is half an hour off, the first hour begins in the day before.
  const std::string first = day(TimePoint(std::chrono::hours(hours.from + 1)) - Millis(1));
  const std::string last = day(TimePoint(std::chrono::hours(hours.to)) - Millis(1));
  return first == last ? first : fmt::format("{} to {}", first, last);
}

std::string ResultCsv(const json::Object& result) {
  std::vector<std::string_view> columns = NamesOf(result);
  columns.insert(columns.end(), kCounts.begin(), kCounts.end());
  columns.insert(columns.end(), kTimes.begin(), kTimes.end());
  std::string csv = fmt::format("{}\r\n", fmt::join(columns, ","));
  for (const json::Value& row : RowsOf(result)) {
    if (!row.is_object()) continue;
    for (const std::string_view column : columns) {
      if (column != columns.front()) csv += ',';
      AppendCsvCell(CellText(row.as_object(), column), csv);
    }
    csv += "\r\n";
  }
  return csv;
}

std::string ResultFileName(const json::Object& result) {
  const TimePoint end = FromUnixMillis(NumberOf(result, "to")) - Millis(1);
  return fmt::format("usage-{}.csv", FormatTimestamp(end).substr(0, 10));
}

std::string ResultText(const json::Object& result) {
  const std::vector<std::string_view> names = NamesOf(result);
  std::string text;
  size_t shown = 0;
  for (const json::Value& row : RowsOf(result)) {
    if (!row.is_object() || shown++ == kMostRowsInMail) break;
    std::vector<std::string> parts;
    parts.reserve(names.size());
    for (const std::string_view name : names) parts.push_back(CellText(row.as_object(), name));
    text += fmt::format("\n{}: {} reads, {}, {} refused", fmt::join(parts, " / "),
                        CellText(row.as_object(), "reads"), MailText(row.as_object(), "bytes_read"),
                        CellText(row.as_object(), "denied"));
    const std::string last = CellText(row.as_object(), "last_read_at");
    if (!last.empty()) {
      text += fmt::format(", first {}, last {}", CellText(row.as_object(), "first_read_at"), last);
    }
  }
  const std::string rest = RestText(result);
  if (!rest.empty()) text += "\n\n" + rest;
  return text + "\n";
}

std::string ResultHtml(const json::Object& result) {
  const std::vector<std::string_view> columns = MailColumns(result);
  std::string html =
      "<table border=\"1\" cellpadding=\"4\" style=\"border-collapse:collapse\"><thead><tr>";
  for (const std::string_view column : columns) {
    std::string label(column);
    std::ranges::replace(label, '_', ' ');
    html += fmt::format("<th align=\"left\">{}</th>", label);
  }
  html += "</tr></thead><tbody>";
  size_t shown = 0;
  for (const json::Value& row : RowsOf(result)) {
    if (!row.is_object() || shown++ == kMostRowsInMail) break;
    html += "<tr>";
    for (const std::string_view column : columns) {
      html += fmt::format("<td>{}</td>", Escaped(MailText(row.as_object(), column)));
    }
    html += "</tr>";
  }
  return html + fmt::format("</tbody></table><p>{}</p>", Escaped(RestText(result)));
}

}  // namespace sluice::notify
