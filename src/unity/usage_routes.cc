// Ours, beside Unity Catalog's: who read how much, over time, and what of it is out of the
// ordinary.
#include <algorithm>
#include <charconv>
#include <map>

#include "audit/usage_book.h"
#include "catalog/errors.h"
#include "unity/list.h"
#include "unity/query_params.h"
#include "unity/routes.h"
#include "unity/usage_count.h"
#include "unity/usage_findings.h"
#include "unity/usage_scope.h"

namespace sluice::unity {
namespace {

using audit::UsageSum;

constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kMostTime = 253'402'300'799'999;  // of the year 9999
constexpr std::chrono::days kDefaultSpan{7};
constexpr int64_t kMostHours = int64_t{24} * 31;       // in buckets of an hour
constexpr int64_t kMostDayHours = int64_t{24} * 3660;  // of a day
constexpr size_t kMostSeries = 1000;
constexpr size_t kMostPoints = 100'000;
constexpr size_t kMostFindings = 1000;

struct Question {
  audit::Hours hours;
  UsageWanted wanted{.bucket = 24};
};

Result<notify::GroupBy> ReadGroupBy(const net::Request& request) {
  const std::string text = TextParam(request, "group_by");
  if (text.empty() || text == "none") return notify::GroupBy();
  if (text == "recipient") return notify::GroupBy{.recipient = true};
  if (text == "share") return notify::GroupBy{.share = true};
  if (text == "table") return notify::GroupBy{.share = true, .table = true};
  return catalog::InvalidParameter("group_by must be recipient, share, table or none.");
}

Result<Question> ReadQuestion(const net::Request& request, TimePoint now) {
  Question question;
  const std::string bucket = TextParam(request, "bucket");
  if (!bucket.empty() && bucket != "day" && bucket != "hour") {
    return catalog::InvalidParameter("bucket must be hour or day.");
  }
  if (bucket == "hour") question.wanted.bucket = 1;
  const auto end = TRY(NumberParam(request, "end_time"));
  const auto start = TRY(NumberParam(request, "start_time"));
  if (std::max(start.value_or(0), end.value_or(0)) > kMostTime) {
    return catalog::InvalidParameter("start_time and end_time are milliseconds since 1970.");
  }
  const TimePoint to = end ? FromUnixMillis(*end) : now;
  // Nothing was read before 1970, whatever the default says.
  const TimePoint from =
      start ? FromUnixMillis(*start) : std::max(to - kDefaultSpan, FromUnixMillis(0));
  question.hours = audit::HoursOf(from, to);
  const int64_t span = question.hours.to - question.hours.from;
  if (span < 0) return catalog::InvalidParameter("start_time must not be after end_time.");
  if (span > (question.wanted.bucket == 1 ? kMostHours : kMostDayHours)) {
    return catalog::InvalidParameter(
        "The span is too long: at most 31 days by the hour, 10 years by the day.");
  }
  question.wanted.group_by = TRY(ReadGroupBy(request));
  question.wanted.recipient = TextParam(request, "recipient");
  question.wanted.share = TextParam(request, "share");
  question.wanted.table = TextParam(request, "table");
  return question;
}

json::Object CountsJson(const UsageSum& sum) {
  return {{"reads", sum.reads},
          {"files", sum.files},
          {"bytes_read", sum.bytes},
          {"denied", sum.denied},
          {"client_errors", sum.client_errors},
          {"server_errors", sum.server_errors}};
}

json::Object SeriesJson(const UsageSeries& series) {
  json::Object object;
  PutText(object, "recipient", series.recipient);
  PutText(object, "share", series.share);
  PutText(object, "table", series.table);
  object["totals"] = CountsJson(series.total);
  if (series.total.last_read_ms > 0) object["last_read_at"] = series.total.last_read_ms;
  // Versions of several tables are not to be compared.
  if (series.total.last_version >= 0 && !series.table.empty()) {
    object["last_version"] = series.total.last_version;
  }
  json::Array points;
  for (const auto& [hour, sum] : series.points) {
    points.push_back(json::Object{{"time", hour * kHourMs}, {"counts", CountsJson(sum)}});
  }
  object["points"] = std::move(points);
  return object;
}

json::Object Answer(const Question& question, const UsageCount& count) {
  json::Object body{{"bucket", question.wanted.bucket == 1 ? "hour" : "day"},
                    {"start_time", question.hours.from * kHourMs},
                    {"end_time", question.hours.to * kHourMs},
                    {"totals", CountsJson(count.total())}};
  json::Array series;
  size_t points = 0;
  const auto ordered = count.Ordered();
  for (const UsageSeries* one : ordered) {
    points += one->points.size();
    if (series.size() == kMostSeries || (points > kMostPoints && !series.empty())) break;
    series.push_back(SeriesJson(*one));
  }
  if (series.size() < ordered.size()) body["more_series"] = ordered.size() - series.size();
  body["series"] = std::move(series);
  return body;
}

Result<const audit::UsageBook*> BookOf(const Services& services) {
  if (services.usage == nullptr) return Fail(Code::kUnavailable, "There is no audit log to count.");
  return services.usage;
}

Result<net::Response> GetUsage(const Services& services, const net::Request& request) {
  const audit::UsageBook* book = TRY(BookOf(services));
  const TimePoint now = services.clock.Now();
  const Question question = TRY(ReadQuestion(request, now));
  const auto picture = services.catalog.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal, now);
  UsageScope scope(*picture, access);
  UsageCount count(question.wanted, scope);
  TRY(book->Visit(question.hours,
                  [&](const audit::UsageKey& key, const UsageSum& sum) { count.Add(key, sum); }));
  TRY(count.CheckSize());
  return JsonResponse(Answer(question, count));
}

json::Object FindingJson(const UsageFinding& finding, TimePoint now) {
  json::Object object{
      {"rule", finding.rule}, {"reason", finding.reason}, {"found_at", ToUnixMillis(now)}};
  PutText(object, "recipient", finding.recipient);
  PutText(object, "share", finding.share);
  PutText(object, "table", finding.table);
  PutText(object, "address", finding.address);
  json::Object numbers;
  for (const auto& [name, number] : finding.numbers) numbers[name] = number;
  object["numbers"] = std::move(numbers);
  return object;
}

Result<net::Response> ListUsageFindings(const Services& services, const net::Request& request) {
  const audit::UsageBook* book = TRY(BookOf(services));
  const TimePoint now = services.clock.Now();
  const auto picture = services.catalog.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal, now);
  UsageScope scope(*picture, access);
  json::Array findings;
  for (const UsageFinding& finding : TRY(FindUnusual(*book, *picture, scope, now))) {
    if (findings.size() == kMostFindings) break;
    findings.push_back(FindingJson(finding, now));
  }
  return JsonResponse(json::Object{{"findings", std::move(findings)}});
}

}  // namespace

Rows UsageRoutes(const Services& services) {
  using enum net::Method;
  using net::Access;
  using net::Work;
  return {
      {kGet, "/2.1/sluice/usage", Access::kUser, Work::kStorage, With(services, GetUsage),
       "getUsage"},
      {kGet, "/2.1/sluice/usage/findings", Access::kUser, Work::kStorage,
       With(services, ListUsageFindings), "listUsageFindings"},
  };
}

}  // namespace sluice::unity
