#include "delta/time_text.h"

#include <fmt/format.h>

#include <chrono>

namespace sluice::delta {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes `count` digits off the front; negative: they are not there.
int TakeDigits(std::string_view& text, size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!IsDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int32_t> TakeDay(std::string_view& text) {
  const int year = TakeDigits(text, 4);
  if (year < 0 || !Take(text, '-')) return std::nullopt;
  const int month = TakeDigits(text, 2);
  if (month < 0 || !Take(text, '-')) return std::nullopt;
  const int day = TakeDigits(text, 2);
  if (day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return static_cast<int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

// Behind a point: microseconds. What is finer must be zero.
std::optional<int64_t> TakeFraction(std::string_view& text) {
  if (text.empty() || !IsDigit(text[0])) return std::nullopt;
  int64_t value = 0;
  int64_t unit = kMicrosPerSecond / 10;
  for (; !text.empty() && IsDigit(text[0]); text.remove_prefix(1), unit /= 10) {
    if (unit == 0 && text[0] != '0') return std::nullopt;
    value += unit * (text[0] - '0');
  }
  return value;
}

// "10:00", "10:00:00.5", in microseconds.
std::optional<int64_t> TakeClock(std::string_view& text) {
  constexpr int kHours = 24;
  constexpr int kSixty = 60;
  const int hour = TakeDigits(text, 2);
  if (hour < 0 || hour >= kHours || !Take(text, ':')) return std::nullopt;
  const int minute = TakeDigits(text, 2);
  if (minute < 0 || minute >= kSixty) return std::nullopt;
  int64_t micros = (int64_t{hour} * kSixty + minute) * kSixty * kMicrosPerSecond;
  if (!Take(text, ':')) return micros;
  const int second = TakeDigits(text, 2);
  if (second < 0 || second >= kSixty) return std::nullopt;
  micros += second * kMicrosPerSecond;
  if (!Take(text, '.')) return micros;
  const std::optional<int64_t> fraction = TakeFraction(text);
  if (!fraction.has_value()) return std::nullopt;
  return micros + *fraction;
}

// "Z", "+01:00", "-0730", "+01": how far the clock is ahead of UTC, in microseconds.
std::optional<int64_t> TakeZone(std::string_view& text) {
  if (Take(text, 'Z')) return 0;
  const bool minus = Take(text, '-');
  if (!minus && !Take(text, '+')) return std::nullopt;
  constexpr int kMostHours = 18;
  constexpr int kSixty = 60;
  const int hours = TakeDigits(text, 2);
  if (hours < 0 || hours > kMostHours) return std::nullopt;
  int minutes = 0;
  if (Take(text, ':') || !text.empty()) minutes = TakeDigits(text, 2);
  if (minutes < 0 || minutes >= kSixty) return std::nullopt;
  const int64_t offset = (int64_t{hours} * kSixty + minutes) * kSixty * kMicrosPerSecond;
  return minus ? -offset : offset;
}

}  // namespace

std::optional<int32_t> ParseDay(std::string_view text) {
  const std::optional<int32_t> day = TakeDay(text);
  return text.empty() ? day : std::nullopt;
}

std::string FormatDay(int32_t day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<TimeText> ParseTime(std::string_view text) {
  const std::optional<int32_t> day = TakeDay(text);
  if (!day.has_value()) return std::nullopt;
  TimeText time{*day * kMicrosPerDay};
  if (text.empty()) return time;
  if (!Take(text, 'T') && !Take(text, ' ')) return std::nullopt;
  const std::optional<int64_t> clock = TakeClock(text);
  if (!clock.has_value()) return std::nullopt;
  time.micros += *clock;
  if (text.empty()) return time;
  const std::optional<int64_t> zone = TakeZone(text);
  if (!zone.has_value() || !text.empty()) return std::nullopt;
  return TimeText{time.micros - *zone, true};
}

}  // namespace sluice::delta
