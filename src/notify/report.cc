#include "notify/report.h"

#include <utility>

#include "base/json.h"

namespace sluice::notify {
namespace {

std::unexpected<Error> Unreadable() {
  return Fail(Code::kCorrupt, "the database holds a row that cannot be read", "a usage report");
}

std::string TextOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

bool FlagOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->as_bool();
}

int64_t NumberOf(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? value->as_int64() : 0;
}

}  // namespace

std::string WriteDefinition(const Report& report) {
  return json::Serialize(json::Object{{"by_recipient", report.group_by.recipient},
                                      {"by_share", report.group_by.share},
                                      {"by_table", report.group_by.table},
                                      {"recipient_id", report.recipient.id},
                                      {"recipient", report.recipient.name},
                                      {"share_id", report.share.id},
                                      {"share", report.share.name},
                                      {"period", PeriodName(report.period)},
                                      {"every", EveryName(report.schedule.every)},
                                      {"weekday", int64_t{report.schedule.weekday}},
                                      {"hour", int64_t{report.schedule.hour}},
                                      {"time_zone", report.schedule.time_zone},
                                      {"inbox", report.inbox},
                                      {"owner_name", report.owner_name}});
}

Status ReadDefinition(std::string_view text, Report& report) {
  const auto value = json::Parse(text);
  if (!value || !value->is_object()) return Unreadable();
  const json::Object& object = value->as_object();
  report.group_by = {FlagOf(object, "by_recipient"), FlagOf(object, "by_share"),
                     FlagOf(object, "by_table")};
  report.recipient = {TextOf(object, "recipient_id"), TextOf(object, "recipient")};
  report.share = {TextOf(object, "share_id"), TextOf(object, "share")};
  const auto period = ParsePeriod(TextOf(object, "period"));
  const auto every = ParseEvery(TextOf(object, "every"));
  const int64_t weekday = NumberOf(object, "weekday");
  const int64_t hour = NumberOf(object, "hour");
  if (!period || !every || weekday < 1 || weekday > 7 || hour < 0 || hour > 23) return Unreadable();
  report.period = *period;
  report.schedule = {*every, static_cast<unsigned>(weekday), static_cast<unsigned>(hour),
                     TextOf(object, "time_zone")};
  report.inbox = FlagOf(object, "inbox");
  report.owner_name = TextOf(object, "owner_name");
  return {};
}

std::string WriteLastRun(const std::optional<LastRun>& run) {
  if (!run) return {};
  return json::Serialize(json::Object{{"at", ToUnixMillis(run->at)},
                                      {"error", run->error},
                                      {"from", run->hours.from},
                                      {"to", run->hours.to},
                                      {"rows", run->rows}});
}

Result<std::optional<LastRun>> ReadLastRun(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto value = json::Parse(text);
  if (!value || !value->is_object()) return Unreadable();
  const json::Object& object = value->as_object();
  return LastRun{.at = FromUnixMillis(NumberOf(object, "at")),
                 .error = TextOf(object, "error"),
                 .hours = {NumberOf(object, "from"), NumberOf(object, "to")},
                 .rows = NumberOf(object, "rows")};
}

}  // namespace sluice::notify
