#include "notify/schedule.h"

#include "base/testing/matchers.h"
#include "base/timestamp.h"

namespace sluice::notify {
namespace {

using namespace std::chrono_literals;
using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::ElementsAre;

TimePoint At(std::string_view text) { return ParseTimestamp(text).value(); }
TimeZone Zone(std::string_view name) {
  const auto zone = TimeZone::Load(name);
  EXPECT_THAT(zone, IsOk()) << name << ": are the time zone files (tzdata) there?";
  return zone.value_or(TimeZone());
}
std::string Short(TimePoint time) { return FormatTimestamp(time).substr(0, 16); }

// The next `count` runs.
std::vector<std::string> Runs(const Schedule& schedule, std::string_view after, int count) {
  const TimeZone zone = Zone(schedule.time_zone);
  std::vector<std::string> runs;
  TimePoint at = At(after);
  for (int i = 0; i < count; ++i) {
    const TimePoint next = NextTime(schedule, zone, at);
    EXPECT_GT(next, at);
    EXPECT_EQ(LastTime(schedule, zone, next), next);
    EXPECT_LE(LastTime(schedule, zone, next - 1ms), at) << "none in between";
    runs.push_back(Short(next));
    at = next;
  }
  return runs;
}

std::string Span(Period period, std::string_view zone, std::string_view now) {
  const audit::Hours hours = HoursOf(period, Zone(zone), At(now));
  return Short(TimePoint(std::chrono::hours(hours.from))) + " " +
         Short(TimePoint(std::chrono::hours(hours.to)));
}

TEST(TimeZone, FollowsTheChangesOfTheYear) {
  const TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(berlin.OffsetAt(At("2026-01-15T12:00:00Z")), 1h);
  EXPECT_EQ(berlin.OffsetAt(At("2026-07-15T12:00:00Z")), 2h);
  EXPECT_EQ(berlin.OffsetAt(At("2026-03-29T00:59:59Z")), 1h);
  EXPECT_EQ(berlin.OffsetAt(At("2026-03-29T01:00:00Z")), 2h);
  // Behind the years that files list.
  EXPECT_EQ(berlin.OffsetAt(At("2081-07-15T12:00:00Z")), 2h);
  EXPECT_EQ(berlin.OffsetAt(At("2081-12-15T12:00:00Z")), 1h);
  const TimeZone sydney = Zone("Australia/Sydney");
  EXPECT_EQ(sydney.OffsetAt(At("2081-01-15T12:00:00Z")), 11h);
  EXPECT_EQ(sydney.OffsetAt(At("2081-07-15T12:00:00Z")), 10h);
  EXPECT_EQ(Zone("Asia/Kolkata").OffsetAt(At("2026-01-01T00:00:00Z")), 5h + 30min);
  EXPECT_EQ(Zone("UTC").OffsetAt(At("2026-01-01T00:00:00Z")), 0h);
}

TEST(TimeZone, KnowsWhenAClockShowsWhat) {
  const TimeZone berlin = Zone("Europe/Berlin");
  const auto at = [&](unsigned month, unsigned day, std::chrono::minutes time) {
    return Short(
        berlin.At(std::chrono::local_days(std::chrono::year(2026) / std::chrono::month(month) /
                                          std::chrono::day(day)) +
                  time));
  };
  EXPECT_EQ(at(3, 29, 1h + 59min), "2026-03-29T00:59");
  EXPECT_EQ(at(3, 29, 2h + 30min), "2026-03-29T01:30") << "is not shown: 03:30";
  EXPECT_EQ(at(3, 29, 3h), "2026-03-29T01:00");
  EXPECT_EQ(at(10, 25, 2h + 30min), "2026-10-25T00:30") << "is shown twice: the first time";
  EXPECT_EQ(at(10, 25, 3h), "2026-10-25T02:00");
}

TEST(TimeZone, IsRefusedWhereThereIsNone) {
  for (const std::string_view name :
       {"", "Nowhere/Land", "europe/berlin", "Europe", "../../../etc/passwd", "/etc/passwd",
        "Europe/../Europe/Berlin", "zone.tab", "leapseconds", "right/Europe/Berlin", "UTC\n"}) {
    EXPECT_THAT(TimeZone::Load(name), IsError(Code::kInvalidArgument)) << name;
  }
}

TEST(Schedule, EachDayAlsoWhenClocksChange) {
  const Schedule daily{.hour = 2, .time_zone = "Europe/Berlin"};
  // 02:00 is skipped on the 29th.
  EXPECT_THAT(
      Runs(daily, "2026-03-27T12:00:00Z", 4),
      ElementsAre("2026-03-28T01:00", "2026-03-29T01:00", "2026-03-30T00:00", "2026-03-31T00:00"));
  // And shown twice on the 25th: one run.
  EXPECT_THAT(Runs(daily, "2026-10-24T12:00:00Z", 3),
              ElementsAre("2026-10-25T00:00", "2026-10-26T01:00", "2026-10-27T01:00"));
}

TEST(Schedule, OnADayOfTheWeek) {
  // The 1st of January 2026 is a Thursday.
  EXPECT_THAT(Runs({.every = Every::kWeek, .weekday = 1, .hour = 0}, "2025-12-31T00:00:00Z", 2),
              ElementsAre("2026-01-05T00:00", "2026-01-12T00:00"));
  EXPECT_THAT(
      Runs({.every = Every::kWeek, .weekday = 7, .hour = 23, .time_zone = "America/New_York"},
           "2026-03-01T00:00:00Z", 3),
      ElementsAre("2026-03-02T04:00", "2026-03-09T03:00", "2026-03-16T03:00"));
}

TEST(Schedule, OnTheFirstOfTheMonth) {
  EXPECT_THAT(Runs({.every = Every::kMonth, .hour = 0}, "2028-01-31T23:59:59Z", 3),
              ElementsAre("2028-02-01T00:00", "2028-03-01T00:00", "2028-04-01T00:00"));
  EXPECT_THAT(Runs({.every = Every::kMonth, .hour = 8, .time_zone = "Pacific/Auckland"},
                   "2026-02-28T18:59:59Z", 2),
              ElementsAre("2026-02-28T19:00", "2026-03-31T19:00"));
}

TEST(Periods, EndWhereDaysWeeksAndMonthsDo) {
  EXPECT_EQ(Span(Period::kPreviousDay, "UTC", "2028-03-01T06:00:00Z"),
            "2028-02-29T00:00 2028-03-01T00:00");
  EXPECT_EQ(Span(Period::kPreviousMonth, "UTC", "2028-03-01T06:00:00Z"),
            "2028-02-01T00:00 2028-03-01T00:00");
  EXPECT_EQ(Span(Period::kPreviousMonth, "UTC", "2026-03-31T23:00:00Z"),
            "2026-02-01T00:00 2026-03-01T00:00");
  EXPECT_EQ(Span(Period::kPreviousMonth, "Europe/Berlin", "2026-01-01T00:30:00Z"),
            "2025-11-30T23:00 2025-12-31T23:00");
  EXPECT_EQ(Span(Period::kPreviousWeek, "UTC", "2026-01-05T00:00:00Z"),
            "2025-12-29T00:00 2026-01-05T00:00");
  EXPECT_EQ(Span(Period::kPreviousWeek, "UTC", "2026-01-04T23:59:00Z"),
            "2025-12-22T00:00 2025-12-29T00:00");
  EXPECT_EQ(Span(Period::kMonthToDate, "UTC", "2026-01-04T05:30:00Z"),
            "2026-01-01T00:00 2026-01-04T06:00");
}

TEST(Periods, HaveTheHoursThatTheDayHas) {
  // 23 hours and 25.
  EXPECT_EQ(Span(Period::kPreviousDay, "Europe/Berlin", "2026-03-30T06:00:00Z"),
            "2026-03-28T23:00 2026-03-29T22:00");
  EXPECT_EQ(Span(Period::kPreviousDay, "Europe/Berlin", "2026-10-26T06:00:00Z"),
            "2026-10-24T22:00 2026-10-25T23:00");
  // Midnight is at 18:30 of UTC: no hour is in two days.
  EXPECT_EQ(Span(Period::kPreviousDay, "Asia/Kolkata", "2026-01-02T06:00:00Z"),
            "2025-12-31T18:00 2026-01-01T18:00");
}

}  // namespace
}  // namespace sluice::notify
