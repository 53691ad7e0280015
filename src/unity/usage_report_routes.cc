// Ours: reports on usage that are made and sent on a schedule. Whoever makes one owns it; owners
// and administrators of the metastore see and change it.
#include <algorithm>

#include "catalog/access.h"
#include "catalog/errors.h"
#include "notify/report_result.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/notifier_of.h"
#include "unity/query_params.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

using notify::Report;

constexpr int64_t kHourMs = 3'600'000;

// Who asks, and what they may see.
class Viewer {
 public:
  Viewer(const Services& services, const net::Request& request)
      : picture_(services.catalog.Now()),
        principal_(CallerOf(services, request).principal),
        access_(*picture_, principal_, services.clock.Now()) {}

  bool Sees(const Report& report) const {
    return report.owner == principal_ || access_.IsMetastoreAdmin();
  }
  const catalog::Picture& picture() const { return *picture_; }
  const catalog::Access& access() const { return access_; }

 private:
  std::shared_ptr<const catalog::Picture> picture_;
  std::string principal_;
  catalog::Access access_;
};

// The report that a path names. What a caller may not see does not exist.
Result<Report> Asked(const Viewer& viewer, notify::Reports& reports, const net::Request& request) {
  const std::string id(request.Param("id"));
  Report report = TRY(reports.Find(id));
  if (viewer.Sees(report)) return report;
  return Fail(Code::kNotFound, "Usage report '" + id + "' does not exist.");
}

json::Object ScheduleJson(const notify::Schedule& schedule) {
  json::Object object{{"every", notify::EveryName(schedule.every)},
                      {"hour", int64_t{schedule.hour}},
                      {"time_zone", schedule.time_zone}};
  if (schedule.every == notify::Every::kWeek) {
    object["weekday"] = notify::WeekdayName(schedule.weekday);
  }
  return object;
}

json::Object LastRunJson(const notify::LastRun& run) {
  json::Object object{{"at", ToUnixMillis(run.at)},
                      {"state", run.error.empty() ? "SUCCEEDED" : "FAILED"}};
  PutText(object, "error", run.error);
  if (run.error.empty()) {
    object["from"] = run.hours.from * kHourMs;
    object["to"] = run.hours.to * kHourMs;
    object["row_count"] = run.rows;
  }
  return object;
}

json::Object ReportJson(const Viewer& viewer, const Report& report) {
  const catalog::Picture& picture = viewer.picture();
  json::Object object{{"id", report.id},
                      {"name", report.name},
                      {"period", notify::PeriodName(report.period)},
                      {"inbox", report.inbox},
                      {"paused", report.paused},
                      {"created_at", ToUnixMillis(report.created_at)},
                      {"updated_at", ToUnixMillis(report.updated_at)}};
  object["group_by"] = notify::GroupByJson(report.group_by);
  object["schedule"] = ScheduleJson(report.schedule);
  json::Array destinations;
  for (const std::string& id : report.destinations) destinations.push_back(json::Value(id));
  object["destination_ids"] = std::move(destinations);
  const auto put = [&](std::string_view name, const notify::Only& only) {
    const catalog::Securable* found = only.id.empty() ? nullptr : picture.Find(only.id);
    PutText(object, name, found == nullptr ? only.name : found->name);
  };
  put("recipient", report.recipient);
  put("share", report.share);
  const catalog::Principal* owner = picture.FindPrincipal(report.owner);
  object["owner"] = owner == nullptr ? report.owner_name : owner->name;
  if (!report.paused) object["next_run_at"] = ToUnixMillis(report.next_run);
  if (report.last_run) object["last_run"] = LastRunJson(*report.last_run);
  return object;
}

Result<notify::Schedule> ReadSchedule(const Fields& fields) {
  notify::Schedule schedule;
  const auto every = notify::ParseEvery(TRY(fields.Text("every")).value_or(""));
  if (!every) return catalog::InvalidParameter("schedule.every must be day, week or month.");
  schedule.every = *every;
  if (const auto name = TRY(fields.Text("weekday"))) {
    const auto weekday = notify::ParseWeekday(*name);
    if (!weekday) {
      return catalog::InvalidParameter("schedule.weekday must be monday, tuesday ... or sunday.");
    }
    schedule.weekday = *weekday;
  }
  const int64_t hour = TRY(fields.Int("hour")).value_or(schedule.hour);
  if (hour < 0 || hour > 23) return catalog::InvalidParameter("schedule.hour must be 0 to 23.");
  schedule.hour = static_cast<unsigned>(hour);
  schedule.time_zone = TRY(fields.Text("time_zone")).value_or(schedule.time_zone);
  return schedule;
}

Result<notify::GroupBy> ReadGroupBy(const Fields& fields) {
  notify::GroupBy by;
  for (const std::string& name : TRY(fields.Texts("group_by"))) {
    if (name == "recipient") {
      by.recipient = true;
    } else if (name == "share") {
      by.share = true;
    } else if (name == "table") {
      by.table = true;
    } else {
      return catalog::InvalidParameter("group_by takes recipient, share and table.");
    }
  }
  return by;
}

// One recipient or share, which the caller must see; an empty name: all.
Result<std::optional<notify::Only>> ReadOnly(const Viewer& viewer, const Fields& fields,
                                             catalog::Kind kind, std::string_view name) {
  const auto text = TRY(fields.Text(name));
  if (!text) return std::nullopt;
  if (text->empty()) return notify::Only();
  const catalog::Securable* found = viewer.picture().FindByName(kind, *text);
  if (found == nullptr || !viewer.access().May(catalog::Action::kSee, *found).allowed) {
    return catalog::DoesNotExist(kind, *text);
  }
  return notify::Only{found->id, found->name};
}

Result<notify::ReportChange> ReadChange(const Viewer& viewer, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  notify::ReportChange change;
  change.name = TRY(fields.Text("name"));
  if (fields.Has("group_by")) change.group_by = TRY(ReadGroupBy(fields));
  change.recipient = TRY(ReadOnly(viewer, fields, catalog::Kind::kRecipient, "recipient"));
  change.share = TRY(ReadOnly(viewer, fields, catalog::Kind::kShare, "share"));
  if (const auto name = TRY(fields.Text("period"))) {
    change.period = notify::ParsePeriod(*name);
    if (!change.period) {
      return catalog::InvalidParameter(
          "period must be previous_day, previous_week, previous_month or month_to_date.");
    }
  }
  if (const auto schedule = TRY(fields.Object("schedule"))) {
    change.schedule = TRY(ReadSchedule(*schedule));
  }
  if (fields.Has("destination_ids")) {
    const std::vector<std::string> ids = TRY(fields.Texts("destination_ids"));
    change.destinations = std::set<std::string>(ids.begin(), ids.end());
  }
  change.inbox = TRY(fields.Flag("inbox"));
  change.paused = TRY(fields.Flag("paused"));
  return change;
}

Result<net::Response> ListReports(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Viewer viewer(services, request);
  ListPage page = TRY(ListPage::Parse(request, notify::kMostReports));
  for (const Report& report : TRY(notifier.reports().All())) {
    const std::string place = report.name + '\n' + report.id;
    if (place <= page.after() || !viewer.Sees(report)) continue;
    if (!page.Take(place, ReportJson(viewer, report))) break;
  }
  return std::move(page).Finish("reports");
}

Result<net::Response> CreateReport(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Viewer viewer(services, request);
  const notify::ReportChange wanted = TRY(ReadChange(viewer, request));
  if (!wanted.name) return catalog::MissingField("CreateUsageReport", "name");
  const Report made = TRY(notifier.reports().Create(CallerOf(services, request), wanted));
  notifier.Wake();
  return JsonResponse(ReportJson(viewer, made));
}

Result<net::Response> GetReport(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Viewer viewer(services, request);
  return JsonResponse(ReportJson(viewer, TRY(Asked(viewer, notifier.reports(), request))));
}

Result<net::Response> UpdateReport(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Viewer viewer(services, request);
  const Report report = TRY(Asked(viewer, notifier.reports(), request));
  const notify::ReportChange change = TRY(ReadChange(viewer, request));
  const Report after = TRY(notifier.reports().Update(report.id, change));
  notifier.Wake();
  return JsonResponse(ReportJson(viewer, after));
}

Result<net::Response> DeleteReport(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Viewer viewer(services, request);
  const Report report = TRY(Asked(viewer, notifier.reports(), request));
  TRY(notifier.reports().Delete(report.id));
  return JsonResponse(json::Object());
}

Result<net::Response> RunReport(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Viewer viewer(services, request);
  const Report report = TRY(Asked(viewer, notifier.reports(), request));
  return JsonResponse(ReportJson(viewer, TRY(notifier.reports().RunNow(report.id))));
}

Result<net::Response> GetReportResult(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Viewer viewer(services, request);
  const Report report = TRY(Asked(viewer, notifier.reports(), request));
  const std::string format = TextParam(request, "format");
  if (!format.empty() && format != "csv" && format != "json") {
    return catalog::InvalidParameter("format must be json or csv.");
  }
  const std::string text = TRY(notifier.reports().ResultOfLastRun(report.id));
  json::Object result = TRY(notify::ParseResult(text));
  if (format != "csv") {
    notify::ShowFirstRows(result, notify::kMostRowsShown);
    return JsonResponse(std::move(result));
  }
  net::Response response =
      net::Response::Text(200, "text/csv; charset=utf-8", notify::ResultCsv(result));
  response.headers.Add("Content-Disposition",
                       "attachment; filename=\"" + notify::ResultFileName(result) + "\"");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace

Rows UsageReportRoutes(const Services& services) {
  using enum net::Method;
  using enum net::Work;
  constexpr auto kUser = net::Access::kUser;
  constexpr std::string_view kAll = "/2.1/sluice/usage-reports";
  constexpr std::string_view kOne = "/2.1/sluice/usage-reports/{id}";
  const auto told = Describe({"name", "group_by", "recipient", "share", "period", "schedule",
                              "destination_ids", "inbox", "paused"});
  return {
      {kGet, std::string(kAll), kUser, kStorage, With(services, ListReports), "listUsageReports"},
      {kPost, std::string(kAll), kUser, kStorage, With(services, CreateReport), "createUsageReport",
       told},
      {kGet, std::string(kOne), kUser, kStorage, With(services, GetReport), "getUsageReport"},
      {kPatch, std::string(kOne), kUser, kStorage, With(services, UpdateReport),
       "updateUsageReport", told},
      {kDelete, std::string(kOne), kUser, kStorage, With(services, DeleteReport),
       "deleteUsageReport"},
      {kPost, std::string(kOne) + "/run", kUser, kStorage, With(services, RunReport),
       "runUsageReport"},
      {kGet, std::string(kOne) + "/result", kUser, kStorage, With(services, GetReportResult),
       "getUsageReportResult"},
  };
}

}  // namespace sluice::unity
