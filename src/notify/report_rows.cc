#include "notify/report_rows.h"

#include <utility>

namespace sluice::notify {
namespace {

using db::Row;
using db::Session;

constexpr std::string_view kColumns =
    "SELECT id, name, owner, definition, paused, next_run, created_at, updated_at, last_run "
    "FROM usage_reports ";

Result<Report> ReadRow(const Row& row) {
  Report report;
  report.id = TRY(db::Text(row, 0));
  report.name = TRY(db::Text(row, 1));
  report.owner = TRY(db::Text(row, 2));
  TRY(ReadDefinition(TRY(db::Text(row, 3)), report));
  report.paused = TRY(db::Int(row, 4)) != 0;
  report.next_run = FromUnixMillis(TRY(db::Int(row, 5)));
  report.created_at = FromUnixMillis(TRY(db::Int(row, 6)));
  report.updated_at = FromUnixMillis(TRY(db::Int(row, 7)));
  report.last_run = TRY(ReadLastRun(TRY(db::Text(row, 8))));
  return report;
}

Status ReadDestinationsOf(Session& session, Report& report) {
  return session.Query("SELECT destination FROM usage_report_destinations WHERE report = ?",
                       {report.id}, [&](const Row& row) -> Status {
                         report.destinations.insert(TRY(db::Text(row, 0)));
                         return {};
                       });
}

Result<std::vector<Report>> ReadWhere(Session& session, std::string_view where, const Row& values) {
  std::vector<Report> all;
  TRY(session.Query(std::string(kColumns) + std::string(where), values,
                    [&](const Row& row) -> Status {
                      all.push_back(TRY(ReadRow(row)));
                      return {};
                    }));
  for (Report& report : all) TRY(ReadDestinationsOf(session, report));
  return all;
}

Result<std::optional<Report>> ReadOne(Session& session, std::string_view where, const Row& values) {
  std::vector<Report> found = TRY(ReadWhere(session, where, values));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

}  // namespace

Status Put(Session& session, const Report& r) {
  TRY(session.Run(
      "INSERT INTO usage_reports (id, name, owner, definition, paused, next_run, created_at, "
      "updated_at, last_run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET name = excluded.name, definition = excluded.definition, "
      "paused = excluded.paused, next_run = excluded.next_run, updated_at = excluded.updated_at, "
      "last_run = excluded.last_run",
      {r.id, r.name, r.owner, WriteDefinition(r), int64_t{r.paused}, ToUnixMillis(r.next_run),
       ToUnixMillis(r.created_at), ToUnixMillis(r.updated_at), WriteLastRun(r.last_run)}));
  TRY(session.Run("DELETE FROM usage_report_destinations WHERE report = ?", {r.id}));
  for (const std::string& destination : r.destinations) {
    TRY(session.Run("INSERT INTO usage_report_destinations (report, destination) VALUES (?, ?)",
                    {r.id, destination}));
  }
  return {};
}

Result<bool> EraseReport(Session& session, std::string_view id) {
  const Row which = {std::string(id)};
  TRY(session.Run("DELETE FROM usage_report_destinations WHERE report = ?", which));
  TRY(session.Run("DELETE FROM usage_report_results WHERE report = ?", which));
  return TRY(session.Run("DELETE FROM usage_reports WHERE id = ?", which)) > 0;
}

Result<std::vector<Report>> ReadReports(Session& session) {
  return ReadWhere(session, "ORDER BY name, id", {});
}

Result<std::optional<Report>> FindReport(Session& session, std::string_view id) {
  return ReadOne(session, "WHERE id = ?", {std::string(id)});
}

Result<std::optional<Report>> FirstReport(Session& session) {
  return ReadOne(session, "WHERE paused = 0 ORDER BY next_run, id LIMIT 1", {});
}

Status PutResult(Session& session, std::string_view report, std::string text) {
  TRY(
      session.Run("INSERT INTO usage_report_results (report, result) VALUES (?, ?) "
                  "ON CONFLICT (report) DO UPDATE SET result = excluded.result",
                  {std::string(report), std::move(text)}));
  return {};
}

Result<std::string> ReadResult(Session& session, std::string_view report) {
  std::string text;
  TRY(session.Query("SELECT result FROM usage_report_results WHERE report = ?",
                    {std::string(report)}, [&](const Row& row) -> Status {
                      text = TRY(db::Text(row, 0));
                      return {};
                    }));
  return text;
}

}  // namespace sluice::notify
