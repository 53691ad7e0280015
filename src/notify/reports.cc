#include "notify/reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/crypto/uuid.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "notify/message.h"
#include "notify/posting.h"
#include "notify/report_result.h"
#include "notify/report_rows.h"
#include "notify/rows.h"
#include "notify/states.h"

namespace sluice::notify {
namespace {

// What cannot be counted now is tried again that often, for a day.
constexpr std::chrono::minutes kBetweenTries{10};
constexpr std::chrono::hours kTriedFor{24};
constexpr size_t kMostDestinationsOfOne = 20;

std::unexpected<Error> Invalid(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

std::unexpected<Error> NoReport(const std::string& id) {
  return Fail(Code::kNotFound, "Usage report '" + id + "' does not exist.");
}

Status CheckName(const std::string& name) {
  if (name.empty()) return Invalid("name must not be empty.");
  if (name.size() > 255) return Invalid("name must have at most 255 bytes.");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(name, is_control)) return Invalid("name must be one line of text.");
  return {};
}

Result<Report> FindIn(db::Session& session, const std::string& id) {
  auto found = TRY(FindReport(session, id));
  if (!found) return NoReport(id);
  return *std::move(found);
}

std::string NameOf(const catalog::Picture& picture, const Only& only) {
  const catalog::Securable* found = only.id.empty() ? nullptr : picture.Find(only.id);
  return found == nullptr ? only.name : found->name;
}

Status CheckOwner(const catalog::Picture& picture, const Report& report) {
  const catalog::Principal* owner = picture.FindPrincipal(report.owner);
  if (owner == nullptr) {
    return Fail(Code::kPermissionDenied,
                fmt::format("Its owner, {}, does not exist any more.", report.owner_name));
  }
  if (owner->active) return {};
  return Fail(Code::kPermissionDenied, fmt::format("Its owner, {}, is disabled.", owner->name));
}

}  // namespace

struct Reports::Made {
  TimePoint as_of{};  // what "yesterday" is meant from
  LastRun run{};
  bool may_work_later = false;
  std::string result{};  // of what went well
  std::string body{};    // likewise
  Fact fact{};
};

Status Reports::Apply(db::Session& session, const ReportChange& change, Report& report) const {
  if (change.name) report.name = *change.name;
  if (change.group_by) report.group_by = *change.group_by;
  if (change.recipient) report.recipient = *change.recipient;
  if (change.share) report.share = *change.share;
  if (change.period) report.period = *change.period;
  if (change.inbox) report.inbox = *change.inbox;
  TRY(CheckName(report.name));
  GroupBy& by = report.group_by;
  if (!by.recipient && !by.share && !by.table) {
    return Invalid("group_by must name at least one of recipient, share and table.");
  }
  if (by.table) by.share = true;
  if (change.destinations) {
    if (change.destinations->size() > kMostDestinationsOfOne) {
      return Invalid("destination_ids may have at most 20.");
    }
    const auto all = TRY(ReadDestinations(session));
    for (const std::string& id : *change.destinations) {
      if (std::ranges::find(all, id, &Destination::id) == all.end()) {
        return Fail(Code::kNotFound, "Notification destination '" + id + "' does not exist.");
      }
    }
    report.destinations = *change.destinations;
  }
  if (change.schedule) report.schedule = *change.schedule;
  const bool resumed = report.paused && change.paused == false;
  if (change.paused) report.paused = *change.paused;
  report.updated_at = catalog_.clock().Now();
  // A report that waits is not moved by another name.
  if (change.schedule || resumed) {
    const TimeZone zone = TRY(TimeZone::Load(report.schedule.time_zone));
    report.next_run = NextTime(report.schedule, zone, report.updated_at);
  }
  return {};
}

Result<Report> Reports::Create(const catalog::Caller& owner, const ReportChange& wanted) {
  Report report{.id = crypto::RandomUuid(catalog_.random()),
                .owner = owner.principal,
                .owner_name = owner.name,
                .created_at = catalog_.clock().Now()};
  ReportChange change = wanted;
  if (!change.schedule) change.schedule = Schedule();
  TRY(database_.Write([&](db::Session& session) -> Status {
    if (TRY(ReadReports(session)).size() >= kMostReports) {
      return Invalid(fmt::format("There may be at most {} usage reports.", kMostReports));
    }
    TRY(Apply(session, change, report));
    return Put(session, report);
  }));
  return report;
}

Result<Report> Reports::Update(const std::string& id, const ReportChange& change) {
  Report report;
  TRY(database_.Write([&](db::Session& session) -> Status {
    report = TRY(FindIn(session, id));
    TRY(Apply(session, change, report));
    return Put(session, report);
  }));
  return report;
}

Result<std::vector<Report>> Reports::All() {
  std::vector<Report> all;
  TRY(database_.Read([&](db::Session& session) -> Status {
    all = TRY(ReadReports(session));
    return {};
  }));
  return all;
}

Result<Report> Reports::Find(const std::string& id) {
  Report report;
  TRY(database_.Read([&](db::Session& session) -> Status {
    report = TRY(FindIn(session, id));
    return {};
  }));
  return report;
}

Status Reports::Delete(const std::string& id) {
  return database_.Write([&](db::Session& session) -> Status {
    if (!TRY(EraseReport(session, id))) return NoReport(id);
    return {};
  });
}

Result<std::string> Reports::ResultOfLastRun(const std::string& id) {
  std::string text;
  TRY(database_.Read([&](db::Session& session) -> Status {
    text = TRY(ReadResult(session, id));
    return {};
  }));
  if (text.empty()) {
    return Fail(Code::kNotFound, "Usage report '" + id + "' did not run yet: it has no result.");
  }
  return text;
}

Reports::Made Reports::Failed(const Report& report, TimePoint as_of, const Error& error) {
  log::Warn("usage report {} failed: {} [{}]", report.id, error.message, error.detail);
  const auto picture = catalog_.Now();
  const catalog::Principal* owner = picture->FindPrincipal(report.owner);
  Made made{.as_of = as_of,
            .run = {.at = catalog_.clock().Now(), .error = error.message},
            .may_work_later = error.code == Code::kUnavailable};
  made.fact = {.kind = Kind::kUsageReportFailed,
               .title = fmt::format("Usage report {} failed", report.name),
               .text = error.message};
  made.fact.holders = owner != nullptr && owner->active
                          ? std::vector<std::string>{report.owner}
                          : PeopleOf(*picture, picture->metastore().owner);
  return made;
}

Result<UsageTable> Reports::Count(const UsageQuestion& question) const {
  if (!count_) return Fail(Code::kUnavailable, "There is no audit log to count.");
  return count_(question);
}

Reports::Made Reports::Make(const Report& report, TimePoint as_of) {
  const auto picture = catalog_.Now();
  if (const Status allowed = CheckOwner(*picture, report); !allowed) {
    return Failed(report, as_of, allowed.error());
  }
  const auto zone = TimeZone::Load(report.schedule.time_zone);
  if (!zone) return Failed(report, as_of, zone.error());
  const audit::Hours hours = HoursOf(report.period, *zone, as_of);
  const UsageQuestion question{.owner = report.owner,
                               .hours = hours,
                               .group_by = report.group_by,
                               .recipient = NameOf(*picture, report.recipient),
                               .share = NameOf(*picture, report.share)};
  const auto table = Count(question);
  if (!table) return Failed(report, as_of, table.error());
  const TimePoint now = catalog_.clock().Now();
  Made made{.as_of = as_of,
            .run = {.at = now, .hours = hours, .rows = static_cast<int64_t>(table->rows.size())}};
  json::Object result = ResultOf(report, hours, *table);
  result["made_at"] = ToUnixMillis(now);
  if (!question.recipient.empty()) result["recipient"] = question.recipient;
  if (!question.share.empty()) result["share"] = question.share;
  made.result = json::Serialize(result);
  made.fact = {.kind = Kind::kUsageReport,
               .title = fmt::format("{}: {}", report.name, PeriodText(hours, *zone)),
               .text = fmt::format(
                   "{} reads, {}, {} refused; {}.", table->total.reads,
                   HumanBytes({static_cast<uint64_t>(table->total.bytes)}), table->total.denied,
                   table->rows.size() == 1 ? std::string("1 row")
                                           : fmt::format("{} rows", table->rows.size())),
               .holders = {}};
  if (report.inbox) made.fact.holders.push_back(report.owner);
  ShowFirstRows(result, kMostRowsShown);
  if (!portal_url_.empty()) {
    result["link"] = fmt::format("{}/usage?tab=reports&report={}", portal_url_, report.id);
  }
  made.body = ReportBody(made.fact, std::move(result), now);
  return made;
}

Status Reports::Keep(db::Session& session, const Report& report, const Made& made) {
  const Poster poster{catalog_.random(), made.run.at};
  TRY(Put(session, report));
  if (!made.run.error.empty()) return Post(session, poster, made.fact);
  TRY(PutResult(session, report.id, made.result));
  TRY(PostToInboxes(session, poster, made.fact));
  return PostTo(session, poster, report.destinations, made.fact.key, made.body);
}

Result<Report> Reports::RunNow(const std::string& id) {
  const Report asked = TRY(Find(id));
  Made made = Make(asked, catalog_.clock().Now());
  made.fact.key = fmt::format("report:{}:{}", id, crypto::RandomUuid(catalog_.random()));
  Report report;
  TRY(database_.Write([&](db::Session& session) -> Status {
    report = TRY(FindIn(session, id));
    report.last_run = made.run;
    return Keep(session, report, made);
  }));
  return report;
}

Status Reports::RunScheduled(const Report& due, TimePoint now) {
  const auto zone = TimeZone::Load(due.schedule.time_zone);
  const TimePoint as_of = zone ? LastTime(due.schedule, *zone, now) : due.next_run;
  Made made = Make(due, as_of);
  made.fact.key = fmt::format("report:{}:{}", due.id, ToUnixMillis(as_of));
  TimePoint next = zone ? NextTime(due.schedule, *zone, now) : now + kTriedFor;
  const bool again = made.may_work_later && now - as_of < kTriedFor;
  if (again) next = std::min(next, now + kBetweenTries);
  return database_.Write([&](db::Session& session) -> Status {
    auto report = TRY(FindReport(session, due.id));
    // It was changed or deleted meanwhile: who did that has the last word.
    if (!report || report->paused || report->updated_at != due.updated_at ||
        report->next_run != due.next_run) {
      return {};
    }
    report->last_run = made.run;
    report->next_run = next;
    return again ? Put(session, *report) : Keep(session, *report, made);
  });
}

Result<std::optional<TimePoint>> Reports::RunDue() {
  while (!stopping_) {
    std::optional<Report> first;
    TRY(database_.Read([&](db::Session& session) -> Status {
      first = TRY(FirstReport(session));
      return {};
    }));
    const TimePoint now = catalog_.clock().Now();
    if (!first) return std::nullopt;
    if (first->next_run > now) return first->next_run;
    TRY(RunScheduled(*first, now));
  }
  return std::nullopt;
}

}  // namespace sluice::notify
