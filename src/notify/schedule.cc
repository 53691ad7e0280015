#include "notify/schedule.h"

#include <algorithm>
#include <array>

namespace sluice::notify {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 3> kEvery = {"day", "week", "month"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
constexpr std::array<std::string_view, 4> kPeriods = {"previous_day", "previous_week",
                                                      "previous_month", "month_to_date"};

template <size_t kCount>
std::optional<unsigned> PlaceIn(const std::array<std::string_view, kCount>& names,
                                std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<unsigned>(found - names.begin());
}

local_days DayAt(const TimeZone& zone, TimePoint time) {
  return std::chrono::floor<days>(zone.LocalAt(time));
}

bool IsDay(const Schedule& schedule, local_days day) {
  switch (schedule.every) {
    case Every::kDay: return true;
    case Every::kWeek: return std::chrono::weekday(day).iso_encoding() == schedule.weekday;
    case Every::kMonth: return year_month_day(day).day() == std::chrono::day(1);
  }
  return false;
}

TimePoint RunOn(const Schedule& schedule, const TimeZone& zone, local_days day) {
  return zone.At(day + std::chrono::hours(schedule.hour));
}

local_days FirstOfMonth(local_days day) {
  const year_month_day date(day);
  return local_days(date.year() / date.month() / 1);
}

local_days MondayOf(local_days day) {
  return day - days(std::chrono::weekday(day).iso_encoding() - 1);
}

}  // namespace

std::string_view EveryName(Every every) { return kEvery.at(static_cast<size_t>(every)); }

std::optional<Every> ParseEvery(std::string_view name) {
  const auto place = PlaceIn(kEvery, name);
  return place ? std::optional(static_cast<Every>(*place)) : std::nullopt;
}

std::string_view WeekdayName(unsigned weekday) { return kWeekdays.at(weekday - 1); }

std::optional<unsigned> ParseWeekday(std::string_view name) {
  const auto place = PlaceIn(kWeekdays, name);
  return place ? std::optional(*place + 1) : std::nullopt;
}

std::string_view PeriodName(Period period) { return kPeriods.at(static_cast<size_t>(period)); }

std::optional<Period> ParsePeriod(std::string_view name) {
  const auto place = PlaceIn(kPeriods, name);
  return place ? std::optional(static_cast<Period>(*place)) : std::nullopt;
}

TimePoint NextTime(const Schedule& schedule, const TimeZone& zone, TimePoint after) {
  local_days day = DayAt(zone, after) - days(1);
  while (!IsDay(schedule, day) || RunOn(schedule, zone, day) <= after) day += days(1);
  return RunOn(schedule, zone, day);
}

TimePoint LastTime(const Schedule& schedule, const TimeZone& zone, TimePoint now) {
  local_days day = DayAt(zone, now) + days(1);
  while (!IsDay(schedule, day) || RunOn(schedule, zone, day) > now) day -= days(1);
  return RunOn(schedule, zone, day);
}

audit::Hours HoursOf(Period period, const TimeZone& zone, TimePoint now) {
  const local_days today = DayAt(zone, now);
  const auto hour = [&](local_days day) {
    return std::chrono::floor<std::chrono::hours>(zone.At(day)).time_since_epoch().count();
  };
  switch (period) {
    case Period::kPreviousDay: return {hour(today - days(1)), hour(today)};
    case Period::kPreviousWeek: {
      const local_days monday = MondayOf(today);
      return {hour(monday - days(7)), hour(monday)};
    }
    case Period::kPreviousMonth: {
      const local_days first = FirstOfMonth(today);
      return {hour(FirstOfMonth(first - days(1))), hour(first)};
    }
    case Period::kMonthToDate: break;
  }
  const auto end = std::chrono::ceil<std::chrono::hours>(now).time_since_epoch().count();
  return {hour(FirstOfMonth(today)), end};
}

}  // namespace sluice::notify
