// delta/time_text.h -- dates and times as logs, statistics and clients write them, to microseconds.
//
// Source: Delta PROTOCOL.md, "Partition Value Serialization"; Delta Sharing, "Timestamp Format".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::delta {

inline constexpr int64_t kMicrosPerDay = 86'400'000'000;

// "2021-04-28", and nothing that is only like it, as days since 1970.
std::optional<int32_t> ParseDay(std::string_view text);
std::string FormatDay(int32_t day);

struct TimeText {
  int64_t micros = 0;  // since 1970, in UTC or in the zone that nobody told
  bool has_zone = false;
};
// A day, or a day and a time with ' ' or 'T' between: "2021-04-28T10:00:00.123456+01:00". Seconds,
// fraction and zone may be missing. Nothing if it is anything else, or finer than a microsecond.
std::optional<TimeText> ParseTime(std::string_view text);

}  // namespace sluice::delta
