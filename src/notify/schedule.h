// notify/schedule.h -- when a report is made, and what time it is about.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "audit/usage_book.h"
#include "base/clock.h"
#include "notify/time_zone.h"

namespace sluice::notify {

// On each day, on one day of the week, on the first of the month.
enum class Every { kDay, kWeek, kMonth };
std::string_view EveryName(Every every);  // "day"
std::optional<Every> ParseEvery(std::string_view name);
// 1 is Monday.
std::string_view WeekdayName(unsigned weekday);  // "monday"
std::optional<unsigned> ParseWeekday(std::string_view name);

struct Schedule {
  Every every = Every::kDay;
  unsigned weekday = 1;
  unsigned hour = 6;
  std::string time_zone = "UTC";
};

// The first moment behind `after`. A day has one: an hour that clocks skip comes as much later, of
// one that they show twice it is the first.
TimePoint NextTime(const Schedule& schedule, const TimeZone& zone, TimePoint after);
// The last one up to `now`.
TimePoint LastTime(const Schedule& schedule, const TimeZone& zone, TimePoint now);

// Weeks begin with Monday.
enum class Period { kPreviousDay, kPreviousWeek, kPreviousMonth, kMonthToDate };
std::string_view PeriodName(Period period);  // "previous_day"
std::optional<Period> ParsePeriod(std::string_view name);

// What a period is at some time. Usage is counted by whole hours of UTC: where the clock is half an
// hour off, days begin that much earlier, and no hour is in two of them.
audit::Hours HoursOf(Period period, const TimeZone& zone, TimePoint now);

}  // namespace sluice::notify
