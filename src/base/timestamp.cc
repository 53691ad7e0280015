#include "base/timestamp.h"

#include <fmt/compile.h>

#include <chrono>
#include <optional>

namespace sluice {
namespace {

// Reads fixed-width numbers and separators from the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::optional<int> Number(size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  bool Skip(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // ".123456" -> 123; nullopt when there is a dot but no digit, or more than nanoseconds.
  std::optional<int> FractionMillis() {
    if (!Skip('.')) return 0;
    int value = 0;
    size_t digits = 0;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      if (digits < 3) value = value * 10 + (rest_[0] - '0');
      ++digits;
      rest_.remove_prefix(1);
    }
    if (digits == 0 || digits > 9) return std::nullopt;
    for (; digits < 3; ++digits) value *= 10;
    return value;
  }
  // "Z" or "+hh:mm".
  std::optional<std::chrono::minutes> Offset() {
    if (Skip('Z')) return std::chrono::minutes(0);
    const int sign = Skip('+') ? 1 : Skip('-') ? -1 : 0;
    if (sign == 0) return std::nullopt;
    const auto hours = Number(2);
    if (!hours || !Skip(':')) return std::nullopt;
    const auto minutes = Number(2);
    if (!minutes || *hours > 18 || *minutes > 59) return std::nullopt;
    return std::chrono::minutes(sign * (*hours * 60 + *minutes));
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

constexpr TimePoint kFirst = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr TimePoint kEnd = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);

std::optional<TimePoint> Parse(std::string_view text) {
  Reader in(text);
  const auto year = in.Number(4);
  if (!year || !in.Skip('-')) return std::nullopt;
  const auto month = in.Number(2);
  if (!month || !in.Skip('-')) return std::nullopt;
  const auto day = in.Number(2);
  if (!day || !in.Skip('T')) return std::nullopt;
  const auto hour = in.Number(2);
  if (!hour || !in.Skip(':')) return std::nullopt;
  const auto minute = in.Number(2);
  if (!minute || !in.Skip(':')) return std::nullopt;
  const auto second = in.Number(2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const auto millis = in.FractionMillis();
  if (!millis) return std::nullopt;
  const auto offset = in.Offset();
  if (!offset || !in.done()) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  const TimePoint time = TimePoint(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
                         std::chrono::minutes(*minute) - *offset + std::chrono::seconds(*second) +
                         Millis(*millis);
  // An offset can move a time of the first or last day out of the four digits a year has.
  if (time < kFirst || time >= kEnd) return std::nullopt;
  return time;
}

}  // namespace

Result<TimePoint> ParseTimestamp(std::string_view text) {
  if (const auto time = Parse(text)) return *time;
  return Fail(Code::kInvalidArgument,
              "a timestamp must be in ISO 8601 format in UTC, such as 2022-01-01T00:00:00Z");
}

std::string FormatTimestamp(TimePoint t) {
  const auto days = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(t - days);
  return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"),
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

}  // namespace sluice
