// notify/time_zone.h -- what the clock on the wall shows at some place, by the time zone files of
// the system (/usr/share/zoneinfo, package tzdata).
#pragma once

#include <absl/time/time.h>

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::notify {

// What a clock shows: no zone is known.
using LocalSeconds = std::chrono::local_seconds;

class TimeZone {
 public:
  // By its name, as the IANA list has it; "UTC" is always there.
  // Errors: kInvalidArgument  there is no such zone here
  static Result<TimeZone> Load(std::string_view name);

  // East of UTC.
  std::chrono::seconds OffsetAt(TimePoint time) const;
  LocalSeconds LocalAt(TimePoint time) const;
  // When a clock shows this. What it shows twice, as it is put back: the first time. What it never
  // shows, as it is put forward: as much later as it was put forward.
  TimePoint At(LocalSeconds local) const;

 private:
  absl::TimeZone zone_ = absl::UTCTimeZone();
};

}  // namespace sluice::notify
